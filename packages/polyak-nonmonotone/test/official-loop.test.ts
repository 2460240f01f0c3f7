import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ponos } from '@overparam/polyak-nonmonotone';
import { officialLoop } from './official-loop.ts';
import { randomProblem } from './random-problem.ts';
import { trace } from './trace.ts';

const options = fc.record({
  c: fc.constantFrom(0.1, 0.5, 0.9),
  c_p: fc.constantFrom(0.05, 0.1, 0.5, 1),
  delta: fc.constantFrom(0.5, 0.7, 0.9),
  xi: fc.constantFrom(0, 0.5, 1),
  max_eta: fc.constantFrom(0.05, 10, 1e10),
  min_eta: fc.constantFrom(1e-6, 1e-2),
  save_backtracks: fc.boolean(),
});

describe('ponos', () => {
  it.each([true, false])('does what the official loop does, with all guards %s', (guards) => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), options, (seed, batch, chosen) => {
        const problem = randomProblem(seed, { batch });
        const official = officialLoop(problem, chosen);
        const ours = trace(ponos({ ...chosen, guards }), problem);
        for (const [k, { report, after, before }] of ours.entries()) {
          const { value, initialStep, backtracks, step, C, Q, lk } = official[k]!;
          expect(report).toMatchObject({ value, initialStep, backtracks, step });
          expect(after).toMatchObject({ Q, C });
          if (guards && after.lk !== lk) {
            // The guard of the memory acts where its next step would start below min_eta, and from then on they part.
            expect(chosen.save_backtracks && after.lk < lk).toBe(true);
            expect(report.step * chosen.delta ** -1).toBeLessThan(chosen.min_eta * (1 + 1e-9));
            expect(before.lk).toBeLessThanOrEqual(lk);
            return;
          }
          expect(after.lk).toBe(lk);
        }
      }),
      { seed: 7, numRuns: 150 },
    );
  });
});
