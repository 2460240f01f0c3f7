interface At {
  readonly value: number;
  readonly squaredGradientNorm: number;
}

/** |g| < 1e-8, or not a number: SLS has nothing to do. */
export const vanishing = ({ squaredGradientNorm }: At): boolean => !(Math.sqrt(squaredGradientNorm) >= 1e-8);

/** The same, or f at its least value: PoNoS has nothing to do. */
export const stationary =
  (least: number) =>
  (at: At): boolean =>
    vanishing(at) || at.value === least;
