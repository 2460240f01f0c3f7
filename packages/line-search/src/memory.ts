/**
 * The memory of backtracks: the next search starts from its initial step times delta^memory.
 * memory <- max(memory + backtracks - rho, 0).
 *
 * With rho = 1 it is that of PoNoS (arXiv 2306.12747, (5)), and integer. It settles where a step costs rho backtracks
 * on average, so a smaller rho saves evaluations; that is ours.
 */
export const remember = (memory: number, backtracks: number, rho = 1): number => Math.max(memory + backtracks - rho, 0);

/**
 * The largest whole memory that leaves the start of a search at or above the shortest step: step delta^memory >= min.
 * A memory beyond it could only delay the recovery.
 */
export const longestMemory = (step: number, min: number, delta: number): number =>
  step > min ? Math.floor(Math.log(min / step) / Math.log(delta)) : 0;
