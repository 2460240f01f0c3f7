import { OverparamError } from '@overparam/core';
import { lanczosSteps, symmetricEigenvalues, type Matrix } from '@overparam/linear-algebra';

export const quantities = ['trace', 'descent', 'effective_rank', 'condition_number', 'eigenvalues'] as const;

/** What to tell of a spectrum beside lambda_max. */
export type Quantity = (typeof quantities)[number];

/** Figures of the tangent kernel of one module, Theta = J J^T. */
export interface Spectrum {
  readonly module: string;
  /** Rows of the kernel. */
  readonly size: number;
  /** The largest eigenvalue. */
  readonly lambda_max: number;
  /** |Theta v - lambda_max v| / lambda_max was at most this; 0 where all eigenvalues were computed. */
  readonly tolerance: number;
  /** Null, as all below, where it was not asked for or the kernel is too large for it. */
  readonly trace: number | null;
  /**
   * Of the contraction 'loss': 1^T Theta 1, with 1 the vector of ones. On all samples it is |g_l|^2, the rate at which
   * gradient flow of the module lowers the loss.
   */
  readonly descent: number | null;
  /** exp of the entropy of the eigenvalues divided by their sum: from 1 to the rank; 0 for a kernel of zeros. */
  readonly effective_rank: number | null;
  /** lambda_max / lambda_min; null for a kernel that is singular to rounding. */
  readonly condition_number: number | null;
  /** All eigenvalues, descending. */
  readonly eigenvalues: readonly number[] | null;
}

export interface SpectrumOptions {
  readonly quantities: readonly Quantity[];
  readonly tolerance: number;
  readonly largestSpectrum: number;
  readonly seed: number;
}

/**
 * The quantities of a kernel that is given as a matrix.
 * @throws OverparamError `NOT_FINITE`, `NO_CONVERGENCE`
 */
export function spectrumOf(module: string, kernel: Matrix, options: SpectrumOptions): Spectrum {
  const { rows: n, data } = kernel;
  checkFinite(module, data);
  const sum = (total: number, x: number): number => total + x;
  const sums = { trace: diagonal(kernel).reduce(sum, 0), descent: nonnegative(data.reduce(sum, 0)) };
  if (n > options.largestSpectrum) {
    const steps = largest(module, n, { ...options, quantities: [] });
    let turn = steps.next();
    while (!turn.done) turn = steps.next(times(kernel, turn.value));
    return told({ ...turn.value, ...sums }, options);
  }
  const eigenvalues = symmetricEigenvalues(kernel).reverse();
  return told({ module, size: n, tolerance: 0, ...sums, ...figures(eigenvalues) }, options);
}

/** The figures of a kernel by products with it, which are asked for: lambda_max, and the descent where it is wanted. */
export function* largest(
  module: string,
  n: number,
  { tolerance, seed, quantities: wanted }: SpectrumOptions,
): Generator<Float64Array, Spectrum, Float64Array> {
  const steps = lanczosSteps(n, { tolerance, seed });
  let turn = steps.next();
  while (!turn.done) {
    const product = yield turn.value;
    checkFinite(module, product);
    turn = steps.next(product);
  }
  const { values, reason, products } = turn.value;
  if (reason !== 'converged')
    throw new OverparamError(
      'NO_CONVERGENCE',
      `lambda_max of ${module} is not known to the tolerance ${tolerance} after ${products} products: take a larger tolerance.`,
    );
  const descent = wanted.includes('descent')
    ? nonnegative((yield new Float64Array(n).fill(1)).reduce((sum, x) => sum + x, 0))
    : null;
  const nothing = { trace: null, effective_rank: null, condition_number: null, eigenvalues: null };
  return { ...nothing, module, size: n, tolerance, lambda_max: nonnegative(values[0]!), descent };
}

/** The figures that were asked for, if they are numbers. */
function told(spectrum: Spectrum, { quantities: wanted }: SpectrumOptions): Spectrum {
  for (const name of ['lambda_max', 'trace', 'descent'] as const) {
    const value = spectrum[name];
    if (value !== null && !Number.isFinite(value)) throw notFinite(`${name} of ${spectrum.module}`, value);
  }
  const unwanted = quantities.filter((name) => !wanted.includes(name));
  return { ...spectrum, ...Object.fromEntries(unwanted.map((name) => [name, null])) };
}

type Figures = Pick<Spectrum, 'lambda_max' | 'effective_rank' | 'condition_number' | 'eigenvalues'>;

/** Of the eigenvalues, descending; below zero they are rounding. */
function figures(values: Float64Array): Figures {
  const [most, least] = [values[0]!, values[values.length - 1]!];
  const singular = !(least > values.length * Number.EPSILON * most);
  return {
    lambda_max: nonnegative(most),
    effective_rank: effectiveRank(values.map(nonnegative)),
    condition_number: singular ? null : most / least,
    eigenvalues: Array.from(values),
  };
}

const nonnegative = (x: number): number => Math.max(x, 0);

/** exp( - sum_i p_i log p_i ), p_i = lambda_i / sum_j lambda_j. Roy and Vetterli, "The effective rank", EUSIPCO 2007. */
function effectiveRank(values: Float64Array): number {
  const [most = 0] = values;
  if (most === 0) return 0;
  // Against overflow of the sum.
  const scaled = values.map((x) => x / most);
  const sum = scaled.reduce((a, b) => a + b, 0);
  const entropy = scaled.reduce((total, x) => (x > 0 ? total - (x / sum) * Math.log(x / sum) : total), 0);
  return Math.exp(entropy);
}

const diagonal = ({ rows, data }: Matrix): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[i * (rows + 1)]!);

function times({ rows, data }: Matrix, x: Float64Array): Float64Array {
  return x.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < rows; j++) sum += data[i * rows + j]! * x[j]!;
    return sum;
  });
}

function checkFinite(module: string, numbers: Float64Array): void {
  for (const x of numbers) if (!Number.isFinite(x)) throw notFinite(`An entry of the tangent kernel of ${module}`, x);
}

const notFinite = (what: string, value: number): Error =>
  new OverparamError(
    'NOT_FINITE',
    `${what} is ${value}: the outputs, or their derivatives, overflow or are not defined at these parameters.`,
  );
