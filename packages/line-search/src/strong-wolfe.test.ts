import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { search, strongWolfe, type SlopeTrial } from '@overparam/line-search';

type Phi = (step: number) => SlopeTrial;

const yanai = (beta1: number, beta2: number): Phi => {
  const gamma = (beta: number): number => Math.sqrt(1 + beta ** 2) - beta;
  return (a) => {
    const [one, two] = [Math.hypot(1 - a, beta2), Math.hypot(a, beta1)];
    return {
      value: gamma(beta1) * one + gamma(beta2) * two,
      slope: (gamma(beta1) * (a - 1)) / one + (gamma(beta2) * a) / two,
    };
  };
};

/** Moré and Thuente (1994), section 5: the functions, and their mu and eta. */
const moreThuente: readonly { phi: Phi; c1: number; c2: number }[] = [
  {
    phi: (a) => ({ value: -a / (a ** 2 + 2), slope: (a ** 2 - 2) / (a ** 2 + 2) ** 2 }),
    c1: 0.001,
    c2: 0.1,
  },
  {
    phi: (a) => ({
      value: (a + 0.004) ** 5 - 2 * (a + 0.004) ** 4,
      slope: 5 * (a + 0.004) ** 4 - 8 * (a + 0.004) ** 3,
    }),
    c1: 0.1,
    c2: 0.1,
  },
  {
    phi: (a) => {
      const [beta, l] = [0.01, 39];
      const wave = ((2 * (1 - beta)) / (l * Math.PI)) * Math.sin(((l * Math.PI) / 2) * a);
      const waveSlope = (1 - beta) * Math.cos(((l * Math.PI) / 2) * a);
      if (a <= 1 - beta) return { value: 1 - a + wave, slope: -1 + waveSlope };
      if (a >= 1 + beta) return { value: a - 1 + wave, slope: 1 + waveSlope };
      return { value: (a - 1) ** 2 / (2 * beta) + beta / 2 + wave, slope: (a - 1) / beta + waveSlope };
    },
    c1: 0.1,
    c2: 0.1,
  },
  { phi: yanai(0.001, 0.001), c1: 0.001, c2: 0.001 },
  { phi: yanai(0.01, 0.001), c1: 0.001, c2: 0.001 },
  { phi: yanai(0.001, 0.01), c1: 0.001, c2: 0.001 },
];

const meets = (phi: Phi, step: number, { c1, c2 }: { c1: number; c2: number }): boolean => {
  const [start, end] = [phi(0), phi(step)];
  return end.value <= start.value + c1 * step * start.slope && Math.abs(end.slope) <= c2 * Math.abs(start.slope);
};

describe('strongWolfe', () => {
  describe.each(moreThuente.map((problem, i) => ({ i: i + 1, ...problem })))(
    'on function $i of Moré and Thuente',
    ({ phi, c1, c2 }) => {
      it.each([1e-3, 1e-1, 1e1, 1e3])('from step %d', (initial) => {
        const found = search(phi, strongWolfe({ c1, c2 }), { initial, ...phi(0) });
        expect(found.accepted).toBe(true);
        expect(meets(phi, found.step, { c1, c2 })).toBe(true);
        expect(found.trial).toEqual(phi(found.step));
        expect(found.forwards).toBeLessThanOrEqual(16);
      });
    },
  );

  it('meets the conditions on random quartics that have a minimum', () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true });
    fc.assert(
      fc.property(
        fc.tuple(number, number, fc.double({ min: 0.01, max: 3, noNaN: true })),
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        fc.double({ min: -4, max: 4, noNaN: true }),
        fc.constantFrom(0.1, 0.5, 0.9),
        ([b, c, a], descent, power, c2) => {
          const phi: Phi = (t) => ({
            value: a * t ** 4 + b * t ** 3 + c * t ** 2 - descent * t,
            slope: 4 * a * t ** 3 + 3 * b * t ** 2 + 2 * c * t - descent,
          });
          const found = search(phi, strongWolfe({ c2 }), { initial: 10 ** power, ...phi(0) });
          expect(found.accepted).toBe(true);
          expect(meets(phi, found.step, { c1: 1e-4, c2 })).toBe(true);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });

  it('comes back from steps where phi is not finite', () => {
    const barrier: Phi = (t) =>
      t < 1 ? { value: -Math.log1p(-t) - 3 * t, slope: 1 / (1 - t) - 3 } : { value: NaN, slope: NaN };
    const found = search(barrier, strongWolfe({ c2: 0.01 }), { initial: 1e6, ...barrier(0) });
    expect(found.accepted).toBe(true);
    expect(found.step).toBeCloseTo(2 / 3, 2);
    const overflow: Phi = (t) => ({ value: Math.exp(t) - 2 * t, slope: Math.exp(t) - 2 });
    expect(search(overflow, strongWolfe(), { initial: 1e4, ...overflow(0) }).accepted).toBe(true);
  });

  it('says where it stopped when phi descends for ever', () => {
    const phi: Phi = (t) => ({ value: -t, slope: -1 });
    const found = search(phi, strongWolfe({ maxStep: 100 }), { initial: 1, ...phi(0) });
    expect(found).toMatchObject({ accepted: false, why: 'max-step', step: 100, trial: { value: -100, slope: -1 } });
  });

  it('says where it stopped when there is nothing to find', () => {
    const wrong: Phi = (t) => ({ value: t, slope: t === 0 ? -1 : 1 });
    const found = search(wrong, strongWolfe(), { initial: 1, ...wrong(0) });
    expect(found).toMatchObject({ accepted: false, step: 0, trial: { value: 0, slope: -1 } });
    const few = search(wrong, strongWolfe({ maxTrials: 3 }), { initial: 1, ...wrong(0) });
    expect(few).toMatchObject({ accepted: false, why: 'max-trials', forwards: 3 });
    const never: Phi = (t) => (t === 0 ? { value: 0, slope: -1 } : { value: NaN, slope: NaN });
    const lost = search(never, strongWolfe({ maxTrials: 1000 }), { initial: 1, ...never(0) });
    expect(lost).toMatchObject({ accepted: false, why: 'small-interval', step: 0 });
  });

  it('keeps to the longest step and still finds a shorter one', () => {
    const phi: Phi = (t) => ({ value: (t - 5) ** 2, slope: 2 * (t - 5) });
    const found = search(phi, strongWolfe({ c2: 0.1, maxStep: 5.1 }), { initial: 1, ...phi(0) });
    expect(found.accepted).toBe(true);
    expect(found.step).toBeLessThanOrEqual(5.1);
  });

  it('accepts more against a higher reference', () => {
    const phi: Phi = (t) => ({ value: 1 + Math.sin(4 * t) - t, slope: 4 * Math.cos(4 * t) - 1 });
    const line = { initial: 1.5, value: 1, slope: -1 };
    const found = search(phi, strongWolfe({ c2: 0.9 }), { ...line, reference: 10 });
    expect(found.trial.value).toBeLessThanOrEqual(10);
    expect(found.accepted).toBe(true);
  });

  it('lets rounding errors of phi pass where their size is given', () => {
    const noisy: Phi = (t) => ({ value: 1 + (t === 0 ? 0 : 1e-16 * 2), slope: 1e-12 * (t - 1) });
    const line = { initial: 1, ...noisy(0) };
    expect(search(noisy, strongWolfe(), line).accepted).toBe(false);
    expect(search(noisy, strongWolfe({ epsilon: 1e-15 }), line)).toMatchObject({ accepted: true, step: 1 });
  });

  it.each([{ c1: 0 }, { c1: 0.95 }, { c2: 1 }, { c2: NaN }, { maxStep: 0 }, { maxTrials: 0 }, { epsilon: -1 }])(
    'refuses %o',
    (options) => {
      expect(() => strongWolfe(options)).toThrow(new RegExp(`^${Object.keys(options)[0]} is`));
    },
  );
});
