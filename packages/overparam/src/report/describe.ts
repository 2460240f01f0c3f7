import type { Results } from '../results/results.ts';

/** The setting in one line. */
export function describePlan({ plan, samples, runs }: Results): string {
  const count = (value: number): string => value.toLocaleString('en-US');
  const seeds = plan.seeds.length === 1 ? `seed ${plan.seeds[0]}` : `${plan.seeds.length} seeds`;
  const parameters = runs[0] ? ` (${count(runs[0].parameters.count)} parameters)` : '';
  return [
    `${plan.model}${parameters}`,
    `${count(samples.train)} training and ${count(samples.test)} test samples`,
    `batches of ${plan.batch}`,
    `${plan.epochs} epochs`,
    seeds,
  ].join(', ');
}
