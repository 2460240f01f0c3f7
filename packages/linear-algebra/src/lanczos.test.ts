import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distance, generate, identity, norm, seed, seeded, size, symmetric, withSpectrum } from '../test/matrices.ts';
import { gram, type Lanczos, lanczos, lanczosSteps, type Matrix, matrix, multiply, type Operator, symmetricEigenvalues } from './index.ts'; // prettier-ignore

const operator =
  (a: Matrix): Operator =>
  (x) =>
    multiply(a, matrix(x.length, 1, x)).data;

function check(a: Matrix, { values, vectors, residualNorms }: Lanczos, tolerance: number): void {
  const n = a.rows;
  const scaled = generate(values.length, n, (i, j) => values[i]! * vectors.data[i * n + j]!);
  expect(distance(multiply(vectors, a), scaled)).toBeLessThanOrEqual(2 * values.length * tolerance * norm(a));
  expect(distance(gram(vectors), identity(values.length))).toBeLessThanOrEqual(1e-12);
  expect(Math.max(...residualNorms)).toBeLessThanOrEqual(tolerance * norm(a));
}

describe('lanczos', () => {
  it('agrees with the dense solver at both ends of the spectrum', () => {
    fc.assert(
      fc.property(size, fc.nat(), seed, fc.boolean(), (n, c, s, up) => {
        const a = symmetric(n, s);
        const count = 1 + (c % Math.min(n, 6));
        const found = lanczos(operator(a), n, { count, which: up ? 'largest' : 'smallest', maxProducts: 5000 });
        expect(found.reason).toBe('converged');
        const dense = symmetricEigenvalues(a);
        const expected = up ? dense.slice(n - count).reverse() : dense.slice(0, count);
        expect(distance(found.values, expected)).toBeLessThanOrEqual(1e-9 * norm(a));
        check(a, found, 1e-10);
      }),
      seeded,
    );
  });

  it('takes far fewer products than rows when the spectrum falls', () => {
    const values = Float64Array.from({ length: 400 }, (_, i) => 0.9 ** i);
    let products = 0;
    const found = lanczos((x) => (products++, x.map((xi, i) => values[i]! * xi)), 400, { count: 5 });
    expect(found.reason).toBe('converged');
    expect(found.products).toBe(products);
    expect(products).toBeLessThan(120);
    expect(distance(found.values, values.slice(0, 5))).toBeLessThanOrEqual(1e-9);
  });

  it('finds every copy of a multiple eigenvalue when the basis may span the space', () => {
    const a = withSpectrum([3, 3, 3, ...new Array<number>(27).fill(1)], 1);
    const found = lanczos(operator(a), 30, { count: 4, basis: 30 });
    expect(distance(found.values, Float64Array.of(3, 3, 3, 1))).toBeLessThanOrEqual(1e-9);
    check(a, found, 1e-10);
    const ones = lanczos((x) => x, 5, { count: 5 }).values;
    expect(distance(ones, new Float64Array(5).fill(1))).toBeLessThanOrEqual(1e-14);
    expect(lanczos((x) => new Float64Array(x.length), 40, { count: 3 }).values).toEqual(new Float64Array(3));
    expect(lanczos((x) => x.map((xi) => -2 * xi), 1).values[0]).toBeCloseTo(-2, 12);
  });

  it('is the same as a coroutine', () => {
    const a = symmetric(40, 3);
    const steps = lanczosSteps(40, { count: 2 });
    let turn = steps.next();
    while (!turn.done) turn = steps.next(operator(a)(turn.value));
    expect(turn.value).toEqual(lanczos(operator(a), 40, { count: 2 }));
  });

  it('takes any scale', () => {
    const a = symmetric(40, 7);
    const { values, ...rest } = lanczos(operator(a), 40, { count: 2 });
    for (const k of [-800, 800]) {
      const scaled = lanczos((x) => operator(a)(x).map((y) => y * 2 ** k), 40, { count: 2 });
      expect(scaled.values).toEqual(values.map((x) => x * 2 ** k));
      expect(scaled.vectors).toEqual(rest.vectors);
    }
  });

  it('stops after the products that it may use, with the best it has', () => {
    const values = Float64Array.from({ length: 300 }, (_, i) => i);
    const found = lanczos((x) => x.map((xi, i) => values[i]! * xi), 300, { count: 3, maxProducts: 25 });
    expect(found.reason).toBe('maxProducts');
    expect(found.products).toBe(25);
    expect(found.values).toHaveLength(3);
    expect(Math.max(...found.residualNorms)).toBeGreaterThan(1e-8);
    expect(lanczos((x) => x, 10, { count: 3, maxProducts: 2 }).values).toHaveLength(2);
  });

  it('repeats itself to the bit', () => {
    const a = symmetric(50, 3);
    expect(lanczos(operator(a), 50, { count: 3 })).toEqual(lanczos(operator(a), 50, { count: 3 }));
  });

  it('says what is wrong', () => {
    const same: Operator = (x) => x;
    expect(() => lanczos(same, 0)).toThrow('n is 0');
    expect(() => lanczos(same, 5, { count: 6 })).toThrow('count is 6');
    expect(() => lanczos(same, 50, { count: 6, basis: 7 })).toThrow('basis is 7');
    expect(() => lanczos(same, 5, { tolerance: 0 })).toThrow('tolerance is 0');
    expect(() => lanczos(same, 5, { maxProducts: 0 })).toThrow('maxProducts is 0');
    expect(() => lanczos(same, 5, { which: 'both' as 'largest' })).toThrow('which is "both"');
    expect(() => lanczos((x) => x.subarray(1), 5)).toThrow('The operator returned no Float64Array of 5');
    expect(() => lanczos((x) => x.map((_, i) => (i === 2 ? NaN : 1)), 5)).toThrow('returned NaN at index 2');
  });
});
