/** The step, no less than `min` and no more than `max`. */
export const clip = (step: number, min: number, max: number): number => Math.max(Math.min(step, max), min);
