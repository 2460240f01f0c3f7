import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adagrad,
  adam,
  adamw,
  amsgrad,
  composite,
  denseNetwork,
  functionOracle,
  momentum,
  nesterov,
  rmsprop,
  squaredError,
  type Direction,
} from '../index.ts';

const bowl = (w: Float64Array): { value: number; gradient: Float64Array } => ({
  value: w.reduce((sum, x) => sum + x * x, 0) / 2,
  gradient: w,
});

/** d after the gradients 1, -2, 0.5 at w = 3, by the papers' formulas, written out. */
const t = 3;
const [g1, g2, g3, w] = [1, -2, 0.5, 3];
const m = 0.9 * (0.9 * g1 + g2) + g3;
const mean = (beta: number, [a, b, c]: readonly number[]): number => (1 - beta) * (beta ** 2 * a! + beta * b! + c!);
const [mHat, v] = [mean(0.9, [g1, g2, g3]) / (1 - 0.9 ** t), mean(0.999, [g1 ** 2, g2 ** 2, g3 ** 2])];
const vHat = v / (1 - 0.999 ** t);
const largest = Math.max(mean(0.999, [0, g1 ** 2, g2 ** 2]), v) / (1 - 0.999 ** t);
const cases: [string, Direction, momentum: number, preconditioned: number][] = [
  ['gradient', 'gradient', g3, g3],
  ['momentum', 'momentum', m, g3],
  ['nesterov', nesterov(), g3 + 0.9 * m, g3],
  ['momentum of 0.5', momentum({ beta: 0.5 }), 0.5 * (0.5 * g1 + g2) + g3, g3],
  ['adagrad', adagrad(), g3 / (Math.sqrt(5.25) + 1e-8), g3 / (Math.sqrt(5.25) + 1e-8)],
  ['rmsprop', rmsprop(), ...both(g3 / (Math.sqrt(mean(0.99, [g1 ** 2, g2 ** 2, g3 ** 2])) + 1e-8))],
  ['adam', adam(), mHat / (Math.sqrt(vHat) + 1e-8), g3 / (Math.sqrt(vHat) + 1e-8)],
  ['amsgrad', amsgrad(), mHat / (Math.sqrt(largest) + 1e-8), g3 / (Math.sqrt(largest) + 1e-8)],
  ['adamw', adamw(), mHat / (Math.sqrt(vHat) + 1e-8) + 0.01 * w, g3 / (Math.sqrt(vHat) + 1e-8) + 0.01 * w],
];
function both(x: number): [number, number] {
  return [x, x];
}

describe('directions', () => {
  it.each(cases)('%s follows its formula', (_, direction, Pm, Pg) => {
    let k = 0;
    const oracle = functionOracle(() => ({ value: 0, gradient: [[g1], [g2], [g3]][k]! }), [w], { direction });
    for (k = 0; k < 2; k++) {
      oracle.linearize();
      // A step of 0 keeps w, and the moments are those of a step.
      oracle.moveAlong('gradient', 0);
      oracle.finish();
    }
    oracle.linearize();
    expect(oracle.direction('momentum').slope).toBeCloseTo(-g3 * Pm, 12);
    expect(oracle.direction('preconditioned').slope).toBeCloseTo(-g3 * Pg, 12);
    expect(oracle.direction('momentum').squaredNorm).toBeCloseTo(Pm ** 2, 12);
    expect(oracle.direction('gradient')).toEqual({ slope: -g3 * g3, squaredNorm: g3 * g3 });
    oracle.moveAlong('momentum', 0.5);
    expect(oracle.parameters()[0]).toBeCloseTo(w - 0.5 * Pm, 12);
  });

  it('d is -P m; where that does not descend, its fresh part, and linearize says so; direction still answers -P m', () => {
    let g = 1;
    const oracle = functionOracle(() => ({ value: 0, gradient: [g] }), [0], { direction: adam() });
    expect(oracle.linearize().fellBack).toBeUndefined();
    oracle.move(1);
    oracle.finish();
    g = -0.01;
    const P = 1 / (Math.sqrt((0.999 * 1e-3 + 1e-3 * g ** 2) / (1 - 0.999 ** 2)) + 1e-8);
    const Pm = (P * (0.9 * 0.1 + 0.1 * g)) / (1 - 0.9 ** 2);
    const at = oracle.linearize();
    expect(at.fellBack).toBe(true);
    expect(at.slope).toBeCloseTo(-0.1 * P * g * g, 12);
    expect(oracle.linearize({ descend: false }).slope).toBeCloseTo(-g * Pm, 12);
    oracle.linearize();
    expect(oracle.direction('momentum').slope).toBeCloseTo(-g * Pm, 12);
    expect(oracle.direction('momentum').slope).toBeGreaterThan(0);
  });

  it('moments move with a step, and only then', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Direction>('momentum', 'adam', 'amsgrad', 'rmsprop', 'adagrad'),
        fc.array(fc.constantFrom('abandon', 'finish', 'probe'), { minLength: 1, maxLength: 8 }),
        (direction, events) => {
          const [disturbed, plain] = [0, 1].map(() => functionOracle(bowl, [3, -4], { direction }));
          for (let step = 0; step < 3; step++) {
            for (const event of events) {
              disturbed!.linearize();
              if (event === 'probe') disturbed!.probe(0.3);
              else disturbed![event as 'finish']();
            }
            for (const oracle of [disturbed!, plain!]) {
              oracle.linearize();
              oracle.move(0.05);
              oracle.finish();
            }
          }
          expect(disturbed!.save()).toEqual(plain!.save());
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('an abandoned step gives the moments back', () => {
    const oracle = functionOracle(bowl, [3, -4], { direction: 'adam' });
    const before = oracle.save();
    oracle.linearize();
    oracle.move(0.1);
    expect(oracle.save()).not.toEqual(before);
    oracle.abandon();
    expect(oracle.save()).toEqual(before);
  });

  it('parameters of other modules keep their moments and their count', () => {
    const oracle = functionOracle(bowl, [3, -4], { direction: 'adam', modules: { a: [0, 1], b: [1, 2] } });
    oracle.linearize({ modules: ['b'] });
    oracle.move(0.1);
    const { values, counts } = oracle.save().moments!;
    expect(counts).toEqual([0, 1]);
    expect([values['m']![0], values['v']![0]]).toEqual([0, 0]);
  });

  it('a saved state continues to the bit, and is checked whole before anything is taken', () => {
    const make = (direction: Direction = 'amsgrad') => functionOracle(bowl, [3, -4], { direction });
    const step = (oracle: ReturnType<typeof make>): void => {
      oracle.linearize();
      oracle.move(0.1);
      oracle.finish();
    };
    const [first, second] = [make(), make()];
    step(first);
    step(first);
    const saved = JSON.parse(JSON.stringify(first.save())) as ReturnType<typeof first.save>;
    second.restore(saved);
    step(first);
    step(second);
    expect(second.save()).toEqual(first.save());

    const other = make('adam');
    step(other);
    const before = other.save();
    expect(() => other.restore(saved)).toThrow(expect.objectContaining({ code: 'STATE_FOREIGN' }));
    const { moments } = before;
    for (const bad of [
      { ...moments!, counts: [1] },
      { ...moments!, values: { m: [0, 0], v: [0, NaN] } },
    ])
      expect(() => other.restore({ ...before, parameters: [9, 9], moments: bad })).toThrow(
        expect.objectContaining({ code: 'STATE_MISMATCH' }),
      );
    expect(other.save()).toEqual(before);
  });

  it('are in the composite oracle too, beside its own directions', () => {
    const inputs = { rows: 2, columns: 1, data: Float64Array.of(1, 2) };
    const model = denseNetwork({ inputs, layers: [{ units: 1 }] });
    const oracle = composite({ model, loss: squaredError([1, -1]), start: [1, 0], direction: 'adam' });
    oracle.linearize();
    oracle.moveAlong('preconditioned', 0.01);
    oracle.finish();
    oracle.pullback({ rows: 2, columns: 1, data: Float64Array.of(1, 1) });
    expect(() => oracle.direction('momentum')).toThrow(expect.objectContaining({ code: 'NOT_LINEARIZED' }));
    expect(oracle.direction('gradient').slope).toBeLessThan(0);
  });

  it.each<[unknown, string]>([
    ['adm', 'direction is "adm"'],
    [null, 'direction is null'],
    [{ name: 'adam', options: { beta3: 1 } }, "adam has no option 'beta3'"],
    [{ name: 'adam', options: { beta1: 1 } }, 'beta1 is 1'],
    [{ name: 'toString', options: {} }, 'direction is "toString"'],
  ])('refuse %j', (direction, message) => {
    expect(() => functionOracle(bowl, [1], { direction: direction as Direction })).toThrow(message);
  });
});
