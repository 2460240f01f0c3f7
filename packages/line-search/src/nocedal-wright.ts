/**
 * First trial of the next search, from how much the last step gained, in the decrease that a quadratic would have had:
 * min(max, 1.01 * 2 (f_{k-1} - f_k) / |slope_k|). Nocedal and Wright, Numerical Optimization (2006), (3.60), where max = 1.
 */
export const quadraticInitial = (valueBefore: number, value: number, slope: number, max = 1): number =>
  Math.min(max, (1.01 * 2 * (value - valueBefore)) / slope);

/**
 * First trial of the next search that expects the first-order change of the last: eta_{k-1} slope_{k-1} / slope_k.
 * Nocedal and Wright, Numerical Optimization (2006), section 3.5. For d = -g it is reset option 3 of the PoNoS code.
 */
export const sameChange = (previous: number, slopeBefore: number, slope: number): number =>
  (previous * slopeBefore) / slope;
