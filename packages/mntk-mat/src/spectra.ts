import { badOption, OverparamError, withDefaults, type Asking, type Inquiry } from '@overparam/core';
import { contracted, contractions, type Contracted, type Contraction, type Shape } from './contraction.ts';
import { kernelsAtOnce, missing, productsWith, type SpectraQuestions } from './module-kernels.ts';
import { sample } from './sample.ts';
import { largest, quantities, spectrumOf, type Quantity, type Spectrum } from './spectrum.ts';

export interface SpectraOptions {
  /** Names of modules; all of the oracle's when absent. */
  readonly modules?: readonly string[] | null;
  /** What to tell beside lambda_max; everything when absent. */
  readonly quantities?: readonly Quantity[];
  readonly contraction?: Contraction;
  /** Draws of the contraction 'random'. */
  readonly projections?: number;
  /** S: how many samples of the batch, at most. */
  readonly samples?: number;
  /** Of the choice of samples, the random projections and the first vector of an iteration. */
  readonly seed?: number;
  /** lambda_max is found to |Theta v - lambda_max v| <= tolerance lambda_max where not all eigenvalues are computed. */
  readonly tolerance?: number;
  /** Kernels of more rows have lambda_max and the trace alone. */
  readonly largestSpectrum?: number;
  /** Kernels of more rows are not written down: lambda_max alone is found, by products with them. */
  readonly largestKernel?: number;
}

/** The spectra of modules at one point, on one batch; plain data. */
export interface Spectra {
  readonly contraction: Contraction;
  /** S; null where the oracle does not say. */
  readonly samples: number | null;
  readonly modules: readonly Spectrum[];
}

const defaults: Required<SpectraOptions> = {
  modules: null,
  quantities,
  contraction: 'full',
  projections: 4,
  samples: 64,
  seed: 1,
  tolerance: 1e-10,
  largestSpectrum: 512,
  largestKernel: 2048,
};

/** Kernels are asked for as many modules at a time as fill 32 MiB. */
const entriesAtATime = 2 ** 22;

/** @throws OverparamError `UNKNOWN_OPTION`, `BAD_OPTION` */
export function resolveSpectraOptions(name: string, given: SpectraOptions): Required<SpectraOptions> {
  const options = withDefaults(name, defaults, given);
  const { modules, contraction, tolerance, seed } = options;
  if (modules && (!Array.isArray(modules) || modules.length === 0 || new Set(modules).size < modules.length))
    throw badOption('modules', JSON.stringify(modules), 'names of modules, each once');
  const unknown = options.quantities.find((quantity) => !quantities.includes(quantity));
  if (unknown !== undefined) throw badOption('quantities', unknown, quantities.join(', '));
  if (!contractions.includes(contraction)) throw badOption('contraction', contraction, contractions.join(', '));
  if (!(tolerance > 0 && tolerance < 1)) throw badOption('tolerance', tolerance, 'a number between 0 and 1');
  if (!Number.isInteger(seed)) throw badOption('seed', seed, 'a whole number');
  const least = { projections: 1, samples: 2, largestSpectrum: 0, largestKernel: 0 };
  for (const [option, from] of Object.entries(least)) {
    const value = options[option as keyof typeof least];
    if (!(value === Infinity || (Number.isInteger(value) && value >= from)))
      throw badOption(option, value, `a whole number >= ${from}, or Infinity`);
  }
  return options;
}

/**
 * The spectra of modular tangent kernels, as an inquiry: within a method, `yield* spectra(oracle, options)`.
 *
 * The kernel of module l is Theta^l = J_l J_l^T, with J_l the derivative of the outputs in the module's parameters, at
 * the current point and on the step's batch. It comes from `moduleKernels`; or, where it is too large to write down or
 * the oracle does not answer that, lambda_max is found by `kernelProduct`.
 *
 * @throws OverparamError `UNKNOWN_OPTION`, `BAD_OPTION`, `UNKNOWN_MODULE`, `TOO_FEW_SAMPLES`, `NOT_FINITE`,
 *   `NO_CONVERGENCE`, `MISSING_QUESTION`, `SHAPE_MISMATCH`
 */
export function* spectra(oracle: Asking<SpectraQuestions>, given: SpectraOptions = {}): Inquiry<Spectra> {
  const options = resolveSpectraOptions('spectra', given);
  return yield* spectraOfModules(oracle, yield* modulesOf(oracle, options.modules), options);
}

/** The same, of modules that are known to be the oracle's. */
export function* spectraOfModules(
  oracle: Asking<SpectraQuestions>,
  modules: readonly string[],
  given: Required<SpectraOptions>,
): Inquiry<Spectra> {
  const { contraction, largestKernel } = given;
  const told = given.quantities.filter((quantity) => quantity !== 'descent' || contraction === 'loss');
  const options = { ...given, quantities: told };
  const shape = oracle.dimensions ? yield* oracle.dimensions() : null;
  if (shape) checkSamples(shape.samples);
  const samples =
    shape && shape.samples > options.samples ? sample(shape.samples, options.samples, options.seed) : null;
  const wanted = { samples, ...views(contraction, shape, options) };
  const S = samples?.length ?? shape?.samples ?? null;
  const size = shape && (contraction === 'full' ? S! * shape.outputs : S!);
  const found: Spectrum[] = [];

  const { moduleKernels, kernelProduct } = oracle;
  if (moduleKernels && (!kernelProduct || size === null || size <= largestKernel)) {
    const atATime = size === null ? modules.length : Math.max(1, Math.floor(entriesAtATime / size ** 2));
    let rows = 0;
    for (let l = 0; l < modules.length; l += atATime) {
      const some = modules.slice(l, l + atATime);
      const kernels = yield* kernelsAtOnce({ moduleKernels }, { ...wanted, modules: some, size });
      rows = kernels[0]!.rows;
      if (contraction !== 'full') checkSamples(rows);
      found.push(...kernels.map((theta, i) => spectrumOf(some[i]!, theta, options)));
    }
    return { contraction, samples: S ?? (contraction === 'full' ? null : rows), modules: found };
  }
  if (!shape || !kernelProduct)
    throw missing("'moduleKernels', or 'dimensions' and 'kernelProduct'", 'kernels of modules');

  const times = yield* productsWith({ ...oracle, kernelProduct }, wanted, shape);
  for (const module of modules) {
    const steps = largest(module, size!, options);
    let turn = steps.next();
    while (!turn.done) turn = steps.next(yield* times(module, turn.value));
    found.push(turn.value);
  }
  return { contraction, samples: S, modules: found };
}

function* modulesOf(
  { modules }: Asking<SpectraQuestions>,
  chosen: readonly string[] | null,
): Inquiry<readonly string[]> {
  const all = modules && (yield* modules());
  if (all && chosen) checkKnown('modules', chosen, all);
  if (chosen ?? all) return (chosen ?? all)!;
  throw missing("'modules'", 'the names of modules when none are given');
}

/** @throws OverparamError `UNKNOWN_MODULE` */
export function checkKnown(option: string, chosen: readonly string[], all: readonly string[]): void {
  const unknown = chosen.filter((name) => !all.includes(name));
  if (unknown.length === 0) return;
  throw new OverparamError(
    'UNKNOWN_MODULE',
    `${option} has ${unknown.map((name) => `'${name}'`).join(', ')}: the oracle's modules are ${all.join(', ')}.`,
  );
}

function checkSamples(N: number): void {
  if (N >= 2) return;
  throw new OverparamError(
    'TOO_FEW_SAMPLES',
    `The batch has ${N} sample: a spectrum takes at least two. Measure it on a larger batch.`,
  );
}

function views(contraction: Contraction, shape: Shape | null, options: Required<SpectraOptions>): Contracted {
  if (contraction === 'full') return { views: [], scale: 1 };
  if (contraction === 'loss') return { views: ['loss'], scale: 1 };
  if (shape) return contracted(contraction, shape, options);
  throw missing("'dimensions'", `the contraction '${contraction}'`);
}
