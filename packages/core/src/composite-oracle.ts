import type { Matrix } from './matrix.ts';
import type { Answer, Linearization, LinearizeRequest, Oracle } from './oracle.ts';

export interface Dimensions {
  /** N, the samples of the batch. */
  readonly samples: number;
  /** C, the outputs of each sample. */
  readonly outputs: number;
  /** P, the parameters, of the modules that were asked for. */
  readonly parameters: number;
}

/** Uses J D^-1/2 instead of J, with D = clip(diag(J^T J), min, max): Marquardt's scaling of the parameters. */
export interface ColumnScaling {
  readonly min: number;
  readonly max: number;
}

export interface JacobianRequest extends LinearizeRequest {
  readonly scaling?: ColumnScaling;
}

export interface KernelRequest extends JacobianRequest {
  /** Which samples of the batch, by index; all when absent. */
  readonly samples?: readonly number[];
}

export interface PullbackRequest extends JacobianRequest {
  /** d <- J^T u + momentum (w_k - w_{k-1}), for oracles that answer `displacementProduct`. */
  readonly momentum?: number;
}

/**
 * What methods may ask about f = L(outputs(w)), a loss of N x C outputs.
 *
 * J is the derivative of the outputs, N C x P; its row n C + k belongs to output k of sample n. It never crosses: the
 * kernel J J^T does, which is of sample size. The first question of a step takes the batch, and until `move`, `finish`
 * or `abandon` all others, those of {@link Oracle} included, speak of the same batch, randomness and point w.
 */
export interface CompositeOracle extends Oracle {
  dimensions(request?: LinearizeRequest): Answer<Dimensions>;
  /** f(w) */
  loss(): Answer<number>;
  /** N x C */
  outputs(): Answer<Matrix>;
  /** dL / d outputs, N x C. */
  lossGradient(): Answer<Matrix>;
  /**
   * N C x C: the blocks S_n, C x C each and one below the other, with S_n S_n^T the Hessian of L in the outputs of
   * sample n; L is a sum over samples. Where L is not convex, S_n S_n^T is the nearest positive semi-definite matrix.
   */
  lossHessianFactor(): Answer<Matrix>;
  /** J J^T, N C x N C: the tangent kernel, of the modules and samples that are asked for. */
  kernel(request?: KernelRequest): Answer<Matrix>;
  /** J (J^T u) for u of N x C, without the kernel. */
  kernelProduct(u: Matrix, request?: JacobianRequest): Answer<Matrix>;
  /** d <- J^T u for u of N x C (D^-1 J^T u under a scaling); other modules have d = 0. */
  pullback(u: Matrix, request?: PullbackRequest): Answer<Linearization>;
}

/** For methods that follow the outputs along d. */
export interface OutputsAlongOracle extends CompositeOracle {
  /** The outputs at w + step d; w does not move. */
  probeOutputs(step: number): Answer<Matrix>;
}

/** For methods with momentum in J's row space. The oracle keeps the point before, from the first such question on. */
export interface DisplacementOracle extends CompositeOracle {
  /** J (w_k - w_{k-1}), N x C; zero at the first step. */
  displacementProduct(request?: LinearizeRequest): Answer<Matrix>;
}

/** For models with few parameters, P at most of sample size, where J itself is small. */
export interface JacobianOracle extends CompositeOracle {
  /** J, N C x P, columns in the oracle's order of parameters. */
  jacobian(request?: LinearizeRequest): Answer<Matrix>;
  /** d <- the given vector of length P, in the order of `jacobian`'s columns; other modules have d = 0. */
  direct(d: Float64Array, request?: LinearizeRequest): Answer<Linearization>;
}

export interface ModuleKernelsRequest extends LinearizeRequest {
  /** Which samples of the batch, by index; all when absent. */
  readonly samples?: readonly number[];
  /**
   * V, N x C, or 'loss' for dL / d outputs: replaces the outputs by their products <V_n, outputs_n>, one per sample.
   * Element (n, m) of a kernel is then V_n^T (J J^T)_nm V_m. Every sample of the batch has its row in V.
   */
  readonly along?: Matrix | 'loss';
}

/** The name of the module of all parameters that no other module has, where there are any. Methods leave it no rest. */
export const others = 'others';

/** For methods that choose among modules: named parts of the parameters, with each parameter in exactly one of them. */
export interface ModularOracle extends Oracle {
  /** The names of all modules; {@link others} is among them when the rest of them do not have every parameter. */
  modules(): Answer<readonly string[]>;
  /**
   * J J^T of each module by itself, in the order of the request; N C x N C, or N x N along V. One pass over the model
   * serves them all. An oracle that knows f and no outputs answers for `along: 'loss'` alone.
   */
  moduleKernels(request?: ModuleKernelsRequest): Answer<readonly Matrix[]>;
}

/** Sizes of what stays with the oracle. */
export interface Sizes {
  /** |w| */
  readonly parameters: number;
  /** |d| */
  readonly direction: number;
  /** max_i |g_i| */
  readonly largestGradient: number;
}

/** For methods that stop, or damp, relative to what is of parameter size. */
export interface SizesOracle extends CompositeOracle {
  /** Of w, and of d and g at the last `pullback` or `direct`, the parameters that it left out included in |w| alone. */
  sizes(): Answer<Sizes>;
  /** max_i (J^T J)_ii, the largest squared norm of a column of J. */
  largestSquaredColumn(request?: LinearizeRequest): Answer<number>;
}
