import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../test/matrices.ts';
import { exponentOf, powerOfTwo, toUnitScale } from './power-of-two.ts';

describe('powers of two', () => {
  it('bring every number into [1, 2) and back, to the bit', () => {
    const some = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => x !== 0);
    fc.assert(
      fc.property(some, (x) => {
        const k = exponentOf(x);
        const unit = Math.abs(powerOfTwo(-k)(x));
        expect(unit).toBeGreaterThanOrEqual(1);
        expect(unit).toBeLessThan(2);
        const { scale, unscale } = toUnitScale(Math.abs(x));
        expect(unscale(scale(x))).toBe(x);
      }),
      { ...seeded, numRuns: 1000 },
    );
    expect(exponentOf(Number.MAX_VALUE)).toBe(1023);
    expect(exponentOf(5e-324)).toBe(-1074);
    expect(exponentOf(-1)).toBe(0);
    expect(toUnitScale(0).scale(0)).toBe(0);
  });
});
