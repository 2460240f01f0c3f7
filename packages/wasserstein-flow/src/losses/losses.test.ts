import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { huber } from './huber.ts';
import { logistic } from './logistic.ts';
import { fenchelYoung, type Loss } from './loss.ts';
import { squared } from './squared.ts';

const losses: readonly Loss[] = [
  squared([1, -2, 0.5]),
  squared([1, -2, 0.5], { scale: 1 / 3 }),
  logistic([1, -1, 1]),
  logistic([1, -1, 1], { scale: 0.2 }),
  huber([1, -2, 0.5], { delta: 0.7, scale: 2 }),
];
const vector = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 3, maxLength: 3 });
const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, v, n) => sum + v * y[n]!, 0);

describe.each(losses.map((loss, i) => ({ i, name: loss.name, loss })))('$name ($i)', ({ loss }) => {
  it('has the derivative and the curvature that finite differences give', () => {
    const h = 1e-5;
    for (const y of [Float64Array.of(0.1, 0.2, -0.3), Float64Array.of(1.3, -1.8, 3)]) {
      const r = loss.derivative(y);
      const second = loss.curvature!(y);
      for (let n = 0; n < 3; n++) {
        const moved = (by: number): Float64Array => y.map((v, k) => (k === n ? v + by : v));
        expect((loss.value(moved(h)) - loss.value(moved(-h))) / (2 * h)).toBeCloseTo(r[n]!, 8);
        expect((loss.derivative(moved(h))[n]! - loss.derivative(moved(-h))[n]!) / (2 * h)).toBeCloseTo(second[n]!, 8);
      }
    }
  });

  it("Fenchel and Young: R(z) + R*(p) >= <p, z>, with equality at z = y for p = R'(y)", () => {
    fc.assert(
      fc.property(vector, vector, fc.double({ min: 0, max: 1, noNaN: true }), (at, other, scale) => {
        const [y, z] = [Float64Array.from(at), Float64Array.from(other)];
        const p = loss.derivative(y).map((v) => scale * v);
        expect(loss.value(z) + loss.conjugate(p) - dot(p, z)).toBeGreaterThan(-1e-12);
        expect(fenchelYoung(loss, y, 1)).toBeCloseTo(0, 11);
        const general = loss.value(y) + loss.conjugate(p) - dot(p, y);
        expect(fenchelYoung(loss, y, scale)).toBeCloseTo(general, 10);
      }),
      { numRuns: 200, seed: 2 },
    );
  });
});

it('a conjugate is infinite where no y has that derivative', () => {
  expect(logistic([1]).conjugate(Float64Array.of(0.5))).toBe(Infinity);
  expect(huber([0], { delta: 1 }).conjugate(Float64Array.of(1.5))).toBe(Infinity);
});

it.each<readonly [string, () => unknown]>([
  ['an empty target', () => squared([])],
  ['a target that is not finite', () => huber([1, Infinity])],
  ['a label of 0', () => logistic([1, 0])],
  ['a scale of 0', () => squared([1], { scale: 0 })],
  ['a negative delta', () => huber([1], { delta: -1 })],
])('%s is a bad option', (_, make) => {
  expect(make).toThrowError(expect.objectContaining({ code: 'BAD_OPTION' }));
});
