import { run, type Method } from '@overparam/core';
import {
  adaSls,
  crossBatchGrippo,
  decsps,
  monotonePolyak,
  ponos,
  ponosPrec,
  ponosReset0,
  singleBatchGrippo,
  sls,
  slsAccelerated,
  slsExtragradient,
  slsGoldstein,
  slsPonos,
  slsPrec,
  sps,
  spsPonos,
  spsPrec,
  zhangEvery2,
  zhangReset2,
  zhangReset3,
  zhangReset4,
  type StepReport,
} from '@overparam/polyak-nonmonotone';
import { LeastSquaresOracle, type DirectionRule } from './least-squares.ts';

/** A method, and the direction rule of its oracle. */
export interface Replayed {
  readonly method: Method<object, StepReport, LeastSquaresOracle>;
  readonly rule?: DirectionRule;
}

type Run<State extends object> = Method<State, StepReport, LeastSquaresOracle>;

/** The same method, with its state and needs forgotten: a least-squares oracle answers everything. */
export const any = <State extends object, Needs extends object>(
  method: Method<State, StepReport, Needs>,
): Method<object, StepReport, LeastSquaresOracle> => method as unknown as Run<object>;

const n_batches_per_epoch = 5;
const adam: DirectionRule = { rule: 'adam', beta1: 0.9, beta2: 0.999 };
const exact = { n_batches_per_epoch, guards: false };
const withMomentum = { ...exact, momentum2: 0.9 };

/** The recorded trajectories by name, and what they are here. */
export const replays: Readonly<Record<string, Replayed>> = {
  ponos: { method: any(ponos()) },
  ponos_c01: { method: any(ponos({ c: 0.1 })) },
  ponos_convex: { method: any(ponos({ max_eta: 1e10 })) },
  ponos_noreset: { method: any(ponos({ save_backtracks: false })) },
  ponos_noreset_convex: { method: any(ponosReset0({ max_eta: 1e10 })) },
  ponos_slspolyak: { method: any(ponos()) },
  ponos_xi0: { method: any(ponos({ xi: 0 })) },
  ponos_xi05: { method: any(ponos({ xi: 0.5 })) },
  zhang_reset2: { method: any(zhangReset2({ n_batches_per_epoch })) },
  zhang_reset3: { method: any(zhangReset3({ n_batches_per_epoch })) },
  zhang_reset4: { method: any(zhangReset4({ n_batches_per_epoch })) },
  zhang_every2: { method: any(zhangEvery2()) },
  monotone_polyak: { method: any(monotonePolyak()) },
  cross_batch_grippo: { method: any(crossBatchGrippo({ n_batches_per_epoch })) },
  single_batch_grippo: { method: any(singleBatchGrippo({ n_batches_per_epoch })) },
  sls: { method: any(slsPonos({ n_batches_per_epoch })) },
  sls_convex: { method: any(slsPonos({ n_batches_per_epoch, eta_max: 1e10 })) },
  sls_orig_reset0: { method: any(sls({ n_batches_per_epoch, reset_option: 'keep' })) },
  sls_orig_reset1: { method: any(sls({ n_batches_per_epoch })) },
  sls_orig_reset2: { method: any(sls({ n_batches_per_epoch, reset_option: 2 })) },
  goldstein_orig: { method: any(slsGoldstein()) },
  sls_acc_polyak_orig: { method: any(slsAccelerated()) },
  sls_acc_nesterov_orig: { method: any(slsAccelerated({ acceleration_method: 'nesterov' })) },
  seg_lipschitz_orig: { method: any(slsExtragradient({ n_batches_per_epoch })) },
  sps: { method: any(spsPonos({ n_batches_per_epoch })) },
  sps_convex: { method: any(spsPonos({ n_batches_per_epoch, max_eta: 1e10 })) },
  sps_orig_max: { method: any(sps({ n_batches_per_epoch, adapt_flag: 'constant', c: 0.5, eps: 0, eta_max: 5 })) },
  sps_orig_smooth: { method: any(sps({ n_batches_per_epoch, c: 0.2 })) },
  'decsps_c0.5_g1': { method: any(decsps({ c0: 0.5, gamma_b: 1 })) },
  'decsps_c1.0_g10': { method: any(decsps({ c0: 1, gamma_b: 10 })) },
  adasls_orig_adagrad: { method: any(adaSls({ n_batches_per_epoch })), rule: { rule: 'adagrad' } },
  adasls_orig_adam_sps: {
    method: any(
      adaSls({ n_batches_per_epoch, base_opt: 'adam', step_size_method: 'sps', adapt_flag: 'smooth_iter', c: 0.5 }),
    ),
    rule: { rule: 'adam', beta2: 0.99 },
  },
  adasls_orig_amsgrad: {
    method: any(adaSls({ n_batches_per_epoch, base_opt: 'amsgrad', momentum: 0.9, c: 0.2, init_step_size: 100 })),
    rule: { rule: 'amsgrad', beta1: 0.9, beta2: 0.99 },
  },
  adasls_orig_lipschitz: {
    method: any(adaSls({ n_batches_per_epoch, init_step_size: 100, pp_norm_method: 'pp_lipschitz' })),
    rule: { rule: 'adagrad' },
  },
  ponos_prec_m0: { method: any(ponosPrec({ n_batches_per_epoch })), rule: adam },
  ponos_prec_m09: { method: any(ponosPrec(withMomentum)), rule: adam },
  ponos_prec_m09_dirder: { method: any(ponosPrec({ ...withMomentum, suff_decr: 'dir_der' })), rule: adam },
  sls_prec_m09: { method: any(slsPrec(withMomentum)), rule: adam },
  sps_prec_m09: { method: any(spsPrec(withMomentum)), rule: adam },
};

/** One iteration of a replay: the report, what the state became, and every trial. */
export interface Replay {
  readonly report: StepReport;
  readonly state: Readonly<Record<string, unknown>>;
  readonly w: readonly number[];
  readonly loss: number;
}

/** Runs a method over the batches. */
export function* replay(
  { method, rule }: Replayed,
  problem: ConstructorParameters<typeof LeastSquaresOracle>[0],
  batches: readonly (readonly number[])[],
): Generator<Replay> {
  const oracle = new LeastSquaresOracle(problem, rule);
  let state = method.init();
  for (const batch of batches) {
    oracle.batch = batch;
    const step = run(method, oracle, state);
    state = step.state;
    yield { report: step.report, state: state as Record<string, unknown>, w: oracle.w, loss: oracle.value() };
  }
}
