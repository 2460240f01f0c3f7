import type { DampedStep } from './damped-step.ts';

/** How far |D p| may be beyond the radius, relatively: an equation that need not be solved to more digits. */
const slack = 0.2;
const mostTrials = 60;

/**
 * The step within the radius that promises most: the full one, without damping, where it is short enough; else the one
 * whose mu makes |D p| the radius. 1/|D p| is almost linear in mu, so that secants find it at once: M. D. Hebden, "An
 * algorithm for minimization using exact second derivatives" (1973).
 *
 * @param guess a mu to begin with
 */
export function stepWithin(
  radius: number,
  stepAt: (mu: number) => DampedStep,
  full: DampedStep,
  guess: number,
): DampedStep {
  if (full.norm <= (1 + slack) * radius) return full;
  const excess = ({ norm }: DampedStep): number => 1 / norm - 1 / radius;
  let long = { mu: 0, excess: excess(full) };
  let short: typeof long | undefined;
  let mu = Math.max(guess, Number.EPSILON);
  for (let trial = 1; ; trial++) {
    const step = stepAt(mu);
    if ((step.norm >= radius && step.norm <= (1 + slack) * radius) || trial === mostTrials) return step;
    const here = { mu, excess: excess(step) };
    if (here.excess < 0) long = here;
    else short = here;
    if (!short) mu *= 100;
    // Where a secant leaves one end of the bracket in its place for long, the geometric middle moves it.
    else if (trial % 3 === 0) mu = Math.sqrt(Math.max(long.mu, short.mu * 1e-6) * short.mu);
    else mu = long.mu - (long.excess * (short.mu - long.mu)) / (short.excess - long.excess);
  }
}

/**
 * The next radius: norm / 4 if the actual decrease is below 1/4 of the predicted one (rho < 1/4); 2 norm if it is above 3/4 of
 * it and the step reached the radius.
 *
 * @param rho the actual decrease over the predicted one
 */
export function nextRadius(radius: number, norm: number, rho: number): number {
  if (!(rho >= 0.25)) return norm / 4;
  return rho > 0.75 && norm >= radius ? 2 * norm : radius;
}
