/** A mass that is carried over a distance. */
export interface Carried {
  readonly mass: number;
  readonly distance: number;
}

/** (sum of mass times distance^p)^(1/p); distances are divided by the largest first, so that no power overflows or vanishes. */
export function rootMeanPower(carried: readonly Carried[], p: number): number {
  const all = carried.filter(({ mass }) => mass > 0);
  const largest = all.reduce((most, { distance }) => Math.max(most, distance), 0);
  if (largest === 0) return 0;
  return largest * all.reduce((sum, { mass, distance }) => sum + mass * (distance / largest) ** p, 0) ** (1 / p);
}
