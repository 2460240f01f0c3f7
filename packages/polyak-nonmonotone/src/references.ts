import {
  type Asking,
  type Inquiry,
  type Linearization,
  type Method,
  type SampleLossOracle,
  type SampleLosses,
  withDefaults,
} from '@overparam/core';
import {
  count,
  grippo,
  grippoPerSample,
  monotone,
  positive,
  type GrippoPerSampleState,
  type GrippoState,
} from '@overparam/line-search';
import { resolveGuards, type GuardOptions } from './guards.ts';
import { armijoSearch, lineSearchMethod, type Parts } from './line-search-method.ts';
import { polyakStart, type PolyakStartState } from './polyak-start.ts';
import { type StepReport } from './report.ts';
import { stationary, vanishing } from './stationary.ts';

export interface MonotonePolyakOptions {
  readonly c?: number;
  readonly c_p?: number;
  /** The factor of a backtrack. */
  readonly delta?: number;
  readonly max_eta?: number;
  readonly min_eta?: number;
  readonly f_star?: number;
  readonly guards?: GuardOptions;
}

export interface GrippoOptions extends MonotonePolyakOptions {
  /** N / batch size, not rounded. */
  readonly n_batches_per_epoch?: number;
  /** How many losses are remembered: of batches, an epoch of them if null; or of each sample. */
  readonly NM_window?: number | null;
}

const defaults: Required<MonotonePolyakOptions> = {
  c: 0.5,
  c_p: 0.1,
  delta: 0.5,
  max_eta: 10,
  min_eta: 1e-6,
  f_star: 0,
  guards: true,
};

/** The start and the search that all three have: Polyak's step without memory. */
function common(
  name: string,
  { guards: given, ...options }: Required<MonotonePolyakOptions>,
): Pick<Parts<PolyakStartState, object>, 'name' | 'initial' | 'search' | 'guards'> {
  const guards = resolveGuards(name, given);
  const start = { save_backtracks: false, clipping: 'code', rho: 1, guards } as const;
  return {
    name,
    initial: polyakStart({ ...options, ...start }),
    search: armijoSearch({ ...options, guards }),
    guards,
  };
}

/**
 * The monotone search from Polyak's step: the comparison "monotone" of PoNoS, arXiv 2306.12747.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function monotonePolyak(options: MonotonePolyakOptions = {}): Method<PolyakStartState, StepReport> {
  const all = withDefaults('monotone-polyak', defaults, options);
  return lineSearchMethod({
    ...common('monotone-polyak', all),
    options,
    reference: monotone,
    stationary: stationary(all.f_star),
  });
}

/**
 * The search that compares with the worst of the last batches' losses, an epoch of them by default: "cross-batch
 * Grippo" of PoNoS, arXiv 2306.12747.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function crossBatchGrippo(options: GrippoOptions = {}): Method<PolyakStartState & GrippoState, StepReport> {
  const name = 'cross-batch-grippo';
  const all = withDefaults<GrippoOptions>(name, { ...defaults, n_batches_per_epoch: 500, NM_window: null }, options);
  const epoch = Math.max(Math.trunc(positive('n_batches_per_epoch', all.n_batches_per_epoch)), 1);
  const window = count('NM_window', all.NM_window ?? epoch);
  return lineSearchMethod({ ...common(name, all), options, reference: grippo({ window }), stationary: vanishing });
}

/**
 * The search that compares with the worst loss that can be put together for this batch from its samples' own last
 * losses: "single-batch Grippo" of PoNoS, arXiv 2306.12747. The released configuration has no window and does not run;
 * 10 is the default of its class.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function singleBatchGrippo(
  options: GrippoOptions = {},
): Method<PolyakStartState & GrippoPerSampleState, StepReport, SampleLossOracle> {
  const name = 'single-batch-grippo';
  const all = withDefaults<GrippoOptions>(name, { ...defaults, n_batches_per_epoch: 500, NM_window: 10 }, options);
  const window = count('NM_window', all.NM_window ?? 10);
  const batchesPerEpoch = positive('n_batches_per_epoch', all.n_batches_per_epoch);
  return lineSearchMethod<PolyakStartState, GrippoPerSampleState, Linearization & SampleLosses, SampleLossOracle>({
    ...common(name, all),
    options,
    needs: ['linearize', 'sampleLosses', 'probe', 'move'],
    reference: grippoPerSample({ window, batchesPerEpoch }),
    *observe(oracle: Asking<SampleLossOracle>, at: Linearization): Inquiry<Linearization & SampleLosses> {
      return { ...at, ...(yield* oracle.sampleLosses()) };
    },
    stationary: vanishing,
  });
}
