/** mu, and what a rule remembers of past trials. Plain data. */
export interface TrustState {
  /** null until the first step knows what it is relative to. */
  readonly mu: number | null;
  /** Nielsen's nu: by how much the next refusal raises mu. */
  readonly nu: number;
}

/**
 * Chooses mu from how well the model foretold the last trial: rho = (f - f') / (f - m'), with m' the model's value there.
 * rho is NaN, or infinite, where f' is.
 */
export interface Trust {
  /** The first mu, or tau, of which it is a multiple: of the largest element of the diagonal of J^T H J. */
  readonly first: { readonly mu: number } | { readonly tau: number };
  readonly min: number;
  readonly max: number;
  /** Whether a trial with a finite loss is good enough. */
  readonly accept: (rho: number, decreased: boolean) => boolean;
  /** The next mu and nu, before mu is kept between `min` and `max`. */
  readonly next: (mu: number, nu: number, rho: number, accepted: boolean) => readonly [mu: number, nu: number];
}
