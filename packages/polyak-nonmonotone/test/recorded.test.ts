import { describe, expect, it } from 'vitest';
import { recorded, recordedProblem, recordedRuns } from './recorded.ts';
import { replay, replays } from './replay.ts';

/** Where rounding errors grow with every step, the replay agrees for as long as they are small. */
const agreesUntil: Readonly<Record<string, number>> = {};

const note = recorded ? '' : ' (skipped: no recorded trajectories beside the repository)';

describe.skipIf(!recorded)(`the recorded trajectories of the official code${note}`, () => {
  const runs = recordedRuns();
  it('are all replayed', () => {
    expect([...runs.keys()].filter((name) => !(name in replays))).toEqual([]);
    expect(Object.keys(replays).filter((name) => !runs.has(name))).toEqual([]);
  });

  it.each([...runs.keys()])('%s: every decision, losses and steps to 1e-9', (name) => {
    const problem = recordedProblem();
    const { iterations } = runs.get(name)!;
    const until = agreesUntil[name] ?? iterations.length;
    let k = 0;
    for (const now of replay(replays[name]!, problem, problem.batches)) {
      if (k === until) break;
      const then = iterations[k]!;
      const at = (what: string): string => `${what} of iteration ${k}`;
      const near = (actual: unknown, expected: number | undefined, what: string): void => {
        if (expected === undefined) return;
        expect(Math.abs((actual as number) - expected), at(what)).toBeLessThanOrEqual(
          1e-12 + 1e-9 * Math.abs(expected),
        );
      };
      near(now.report.value, then.loss, 'loss');
      near(now.report.step, then.eta, 'step');
      near(now.report.initialStep, then.eta0, 'initial step');
      if (then.nbt !== undefined) expect(now.report.backtracks, at('backtracks')).toBe(then.nbt);
      if (now.report.reference !== null) near(now.report.reference, then.ref, 'reference');
      near(now.loss, then.loss_next, 'loss after the step');
      if (now.report.valueAfter !== null) near(now.report.valueAfter, then.loss_next, 'loss after, as reported');
      if ('C' in now.state) {
        near(now.state['C'], then.C, 'C');
        near(now.state['Q'], then.Q, 'Q');
      }
      if ('lk' in now.state && then.lk_out !== undefined) expect(now.state['lk'], at('lk')).toBe(then.lk_out);
      near(Math.hypot(...now.w), then.wnorm, '|w|');
      then.w_after?.forEach((w, i) => near(now.w[i], w, `w[${i}]`));
      k++;
    }
    expect(k).toBe(until);
  });
});
