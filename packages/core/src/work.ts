import type { Answer } from './oracle.ts';

/**
 * Floating-point operations, a multiplication and an addition being two; of matrix products and convolutions, as the
 * kernels that ran had them to do. Operations of one entry at a time are left out.
 */
export interface Work {
  /** Of the function, at the point and at trial points. */
  readonly forward: number;
  /** Of derivatives in what layers take in, on the way to parameters below. */
  readonly inputGradients: number;
  /** Of derivatives in the parameters. */
  readonly weightGradients: number;
  /** Of tangent kernels, products with J, and what they are made of. */
  readonly kernels: number;
}

/** For reports of what a step cost. */
export interface WorkOracle {
  /** All since the oracle was made. */
  work(): Answer<Work>;
}
