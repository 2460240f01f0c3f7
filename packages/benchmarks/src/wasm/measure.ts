import { setTimeout } from 'node:timers/promises';
import { type Case, flopsOf, titleOf } from './cases.ts';
import { type Contestant, type ContestantId } from './contestants.ts';
import { slow } from './protocol.ts';

/** One case: the milliseconds of every contestant in every round, or why it can't do the case; the peak measured in between. */
export interface Measurement {
  readonly id: string;
  readonly title: string;
  readonly flops?: number;
  readonly milliseconds: Readonly<Partial<Record<ContestantId, readonly number[]>>>;
  readonly impossible: Readonly<Partial<Record<ContestantId, string>>>;
  /** GF/s of the micro-kernel alone, measured after each of the package's own measurements. */
  readonly peak: Readonly<Record<'simd' | 'relaxed', readonly number[]>>;
}

export interface Measuring {
  readonly rounds: number;
  /** Milliseconds that a contestant computes in a round. */
  readonly budget: number;
  /** Pause between two contestants in milliseconds, in which the threads of the previous one go to sleep. */
  readonly rest?: number;
  readonly peaks: Readonly<Partial<Record<'simd' | 'relaxed', (budget: number) => number>>>;
}

/** Measures the contestants in turn, round by round, so that a change of the machine's load affects all of them. */
export async function measure(
  measured: Case,
  contestants: readonly Contestant[],
  { rounds, budget, rest = 0, peaks }: Measuring,
): Promise<Measurement> {
  const able: Contestant[] = [];
  const impossible: Partial<Record<ContestantId, string>> = {};
  const milliseconds: Partial<Record<ContestantId, number[]>> = {};
  for (const contestant of contestants) {
    const tooSlow = measured.kind === 'step' ? measured.tooSlow?.[contestant.id] : undefined;
    const answer =
      tooSlow === undefined ? await contestant.ask({ prepare: measured, budget }) : { impossible: tooSlow };
    if ('impossible' in answer) impossible[contestant.id] = answer.impossible;
    else if (answer.milliseconds > slow * budget) milliseconds[contestant.id] = [answer.milliseconds];
    else able.push(contestant);
  }
  const peak: { simd: number[]; relaxed: number[] } = { simd: [], relaxed: [] };
  for (let round = 0; round < rounds; round++) {
    for (const contestant of able) {
      await setTimeout(rest);
      const answer = await contestant.ask({ budget });
      if ('impossible' in answer)
        throw new Error(`${contestant.title} failed in the middle of ${measured.id}: ${answer.impossible}`);
      (milliseconds[contestant.id] ??= []).push(answer.milliseconds);
      if (contestant.id === 'simd' || contestant.id === 'relaxed') {
        const measurePeak = peaks[contestant.id];
        if (measurePeak) peak[contestant.id].push(measurePeak(budget));
      }
    }
  }
  const flops = flopsOf(measured);
  return {
    id: measured.id,
    title: titleOf(measured),
    ...(flops !== undefined && { flops }),
    milliseconds,
    impossible,
    peak,
  };
}
