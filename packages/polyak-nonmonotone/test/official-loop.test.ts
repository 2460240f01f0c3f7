import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  crossBatchGrippo,
  monotonePolyak,
  ponos,
  singleBatchGrippo,
  sls,
  slsPonos,
  zhangEvery2,
  zhangReset2,
  zhangReset3,
  zhangReset4,
} from '@overparam/polyak-nonmonotone';
import { officialClasses, type ClassOptions } from './official-classes.ts';
import { officialLoop } from './official-loop.ts';
import { randomProblem } from './random-problem.ts';
import { any } from './replay.ts';
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

const rules = fc.record({
  c: fc.constantFrom(0.1, 0.5),
  beta_b: fc.constantFrom(0.5, 0.9),
  gamma: fc.constantFrom(1.5, 2),
  n_batches_per_epoch: fc.constantFrom(1, 2.5, 4),
  init_step_size: fc.constantFrom(0.1, 1, 100),
  eta_max: fc.constantFrom(0.05, 10),
  c_p: fc.constantFrom(0.1, 1),
  xi: fc.constantFrom(0, 0.5, 1),
  NM_window: fc.constantFrom(1, 3, 10),
});

/** Each preset, from the options of the official classes. */
const presets: Readonly<
  Record<string, { fixed: Partial<ClassOptions>; make: (o: ClassOptions) => ReturnType<typeof any> }>
> = {
  sls: {
    fixed: { start: 1, original: true },
    make: ({ c, beta_b, gamma, n_batches_per_epoch, init_step_size }) =>
      any(sls({ c, beta_b, gamma, n_batches_per_epoch, init_step_size })),
  },
  'sls, keep': {
    fixed: { start: 0, original: true },
    make: ({ c, beta_b, init_step_size }) => any(sls({ c, beta_b, init_step_size, reset_option: 0 })),
  },
  'sls, restart': {
    fixed: { start: 2, original: true },
    make: ({ c, beta_b, init_step_size }) => any(sls({ c, beta_b, init_step_size, reset_option: 2 })),
  },
  slsPonos: {
    fixed: { start: 11 },
    make: ({ c, beta_b, gamma, n_batches_per_epoch, init_step_size, eta_max }) =>
      any(slsPonos({ c, beta_b, gamma, n_batches_per_epoch, init_step_size, eta_max })),
  },
  zhangReset2: {
    fixed: { start: 11, line_search_fn: 'zhangNM_armijo' },
    make: ({ c, beta_b: delta, gamma, n_batches_per_epoch, init_step_size, eta_max: max_eta, xi }) =>
      any(zhangReset2({ c, delta, gamma, n_batches_per_epoch, init_step_size, max_eta, xi })),
  },
  zhangReset3: {
    fixed: { start: 3, line_search_fn: 'zhangNM_armijo' },
    make: ({ c, beta_b: delta, init_step_size, xi }) => any(zhangReset3({ c, delta, init_step_size, xi })),
  },
  zhangReset4: {
    fixed: { start: 4, line_search_fn: 'zhangNM_armijo' },
    make: ({ c, beta_b: delta, init_step_size, eta_max: max_eta, xi, c_p }) =>
      any(zhangReset4({ c, delta, init_step_size, max_eta, xi, c_p })),
  },
  zhangEvery2: {
    fixed: { line_search_fn: 'zhangNM_armijo', sls_every: 2 },
    make: ({ c, beta_b: delta, eta_max: max_eta, xi, c_p }) => any(zhangEvery2({ c, delta, max_eta, xi, c_p })),
  },
  monotonePolyak: {
    fixed: {},
    make: ({ c, beta_b: delta, eta_max: max_eta, c_p }) => any(monotonePolyak({ c, delta, max_eta, c_p })),
  },
  crossBatchGrippo: {
    fixed: { line_search_fn: 'NM_armijo' },
    make: ({ c, beta_b: delta, eta_max: max_eta, c_p, NM_window }) =>
      any(crossBatchGrippo({ c, delta, max_eta, c_p, NM_window })),
  },
  singleBatchGrippo: {
    fixed: { line_search_fn: 'trueNM' },
    make: ({ c, beta_b: delta, eta_max: max_eta, c_p, NM_window, n_batches_per_epoch }) =>
      any(singleBatchGrippo({ c, delta, max_eta, c_p, NM_window, n_batches_per_epoch })),
  },
};

describe.each(Object.entries(presets))('%s', (_, { fixed, make }) => {
  it('does what the official class does', () => {
    fc.assert(
      fc.property(fc.integer(), rules, (seed, chosen) => {
        const problem = randomProblem(seed, { n: 10, batch: 2 });
        const options: ClassOptions = {
          ...chosen,
          start: 'polyak',
          line_search_fn: 'armijo',
          sls_every: 1,
          original: false,
          ...fixed,
        };
        const official = officialClasses(problem, options);
        for (const [k, { report }] of trace(make(options), problem).entries()) {
          // Where the loss is of rounding size, so are the margins of the decisions.
          if (report.value < 1e-20 || !Number.isFinite(report.value)) return;
          const { value, initialStep, step, backtracks } = official[k]!;
          const near = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.abs(b));
          expect(report.backtracks).toBe(backtracks);
          near(report.value, value);
          near(report.initialStep, initialStep);
          near(report.step, step);
        }
      }),
      { seed: 8, numRuns: 60 },
    );
  });
});
