import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { embedded } from '../../scripts/compile.js';
import { positiveDefinite, random, seed, seeded, symmetric, uniform } from '../../test/matrices.ts';
import * as everything from '../index.ts';
import { type Kernels } from './kernels.ts';
import { plainKernels } from './plain.ts';
import { compiledKernels, exportsIn, scratch, wasmKernels } from './wasm.ts';
import { keptBytes, withWorkspace } from './workspace.ts';

const { cholesky, gram, kernels, ldlt, leastSquares, multiply, solveTriangular, symmetricEigen, symmetricEigenvalues, useKernels } = everything; // prettier-ignore

/** Runs the same calls on two heaps of the same numbers, and compares every number afterwards. */
function bothWays(elements: number, s: number, use: (kernels: Kernels, at: number) => void): void {
  const numbers = Float64Array.from({ length: elements }, uniform(s));
  const plain = numbers.slice();
  use(plainKernels(plain), 0);
  const pages = Math.ceil(((scratch + elements) * 8) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536 });
  const heap = new Float64Array(memory.buffer, scratch * 8, elements);
  heap.set(numbers);
  use(wasmKernels(exportsIn(compiledKernels()!, memory)), scratch);
  expect(heap.findIndex((x, i) => !Object.is(x, plain[i]))).toBe(-1);
}

const size = fc.integer({ min: 0, max: 40 });

describe('the compiled kernels', () => {
  it('are what is embedded, to the byte', async () => {
    expect(readFileSync(new URL('embedded.ts', import.meta.url), 'utf8')).toBe(await embedded());
  }, 120_000);

  it('multiply as the plain ones do, to the bit, in any layout', () => {
    const flags = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(size, size, size, seed, flags, (m, n, k, s, [left, right, add]) => {
        bothWays(m * k + k * n + m * n + 1, s, ({ gemm }, at) => {
          const [ars, acs] = left ? [1, m] : [k, 1];
          const [brs, bcs] = right ? [1, k] : [n, 1];
          gemm(at, ars, acs, at + m * k, brs, bcs, at + m * k + k * n, n, m, n, k, add ? -1 : 1, add);
        });
      }),
      { ...seeded, numRuns: 100 },
    );
    bothWays(83 * 600 + 600 * 1030 + 83 * 1030, 1, ({ gemm }, at) =>
      gemm(at, 600, 1, at + 83 * 600, 1030, 1, at + 83 * 600 + 600 * 1030, 1030, 83, 1030, 600, 1, false),
    );
  });

  it('fill the same triangle', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        size,
        seed,
        fc.constantFrom(1 as const, 2 as const),
        (n, k, s, triangle) => {
          // prettier-ignore
          bothWays(n * k + n * n, s, (kernels, at) => {
          const c = at + n * k;
          kernels.gemm(at, k, 1, at, 1, k, c, n, n, n, k, -1, true, triangle);
          // The other triangle is undefined: set it to zero, by a product with nothing.
          for (let i = 0; i < n; i++) {
            const [from, columns] = triangle === 1 ? [i + 1, n - i - 1] : [0, i];
            for (let j = from; j < from + columns; j++) kernels.rowDots(at, 0, 1, 0, at, c + i * n + j);
          }
        });
        },
      ),
      seeded,
    );
  });

  it('do the vector products as the plain ones do, to the bit', () => {
    fc.assert(
      fc.property(size, size, seed, fc.boolean(), (rows, columns, s, shrink) => {
        const stride = columns + 3;
        const a = rows * stride;
        bothWays(a + 3 * 50, s, (kernels, at) => {
          kernels.symmetricProduct(at, stride, Math.min(rows, columns), at + a, at + a + 50);
          kernels.rowDots(at, stride, rows, columns, at + a, at + a + 100);
          kernels.rowSum(at, stride, rows, columns, at + a + 50, at + a);
          const whole = shrink ? Math.min(rows, columns) : rows;
          kernels.rankOne(at, stride + (shrink ? 1 : 0), whole, columns, at + a + 50, at + a, shrink);
        });
      }),
      { ...seeded, numRuns: 100 },
    );
  });
});

describe('useKernels', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
    useKernels('wasm');
  });

  it('changes the speed and no bit of any result', () => {
    const [a, s, p, b] = [random(70, 45, 1), symmetric(131, 2), positiveDefinite(97, 3), random(97, 6, 4)];
    const all = (): unknown => [
      multiply(a, a, { transposeB: true }),
      gram(a),
      cholesky(p),
      solveTriangular(p, b),
      ldlt(s),
      leastSquares(a, random(70, 2, 5)),
      symmetricEigen(s),
      symmetricEigenvalues(s),
    ];
    expect(useKernels('wasm')).toBe('wasm');
    const fast = all();
    expect(useKernels('typescript')).toBe('typescript');
    expect(kernels()).toBe('typescript');
    expect(all()).toEqual(fast);
  });

  it('refuses what is none', () => {
    expect(() => useKernels('fortran' as 'wasm')).toThrow('name is "fortran"');
  });

  it('leaves TypeScript where there is no WebAssembly, or no leave to compile', async () => {
    const expected = cholesky(positiveDefinite(40, 1));
    const forbidden = {
      Module: class {
        constructor() {
          throw new RangeError('WebAssembly.Module is disallowed on the main thread');
        }
      },
    };
    for (const global of [undefined, forbidden]) {
      vi.resetModules();
      vi.stubGlobal('WebAssembly', global);
      const fresh = await import('../index.ts');
      expect(fresh.kernels()).toBe('typescript');
      expect(fresh.useKernels('wasm')).toBe('typescript');
      expect(fresh.cholesky(positiveDefinite(40, 1))).toEqual(expected);
    }
  });

  it('computes on in TypeScript where the memory cannot be had', async () => {
    const expected = symmetricEigen(symmetric(50, 1));
    vi.resetModules();
    vi.stubGlobal('WebAssembly', { Module: WebAssembly.Module, Instance: WebAssembly.Instance, Memory: class {
      constructor() {
        throw new RangeError('could not allocate memory');
      }
    } }); // prettier-ignore
    const fresh = await import('../index.ts');
    expect(fresh.kernels()).toBe('wasm');
    expect(fresh.symmetricEigen(symmetric(50, 1))).toEqual(expected);
  });
});

describe('the memory', () => {
  it('is the same after many calls as after one', () => {
    const [s, p] = [symmetric(120, 1), positiveDefinite(150, 2)];
    const round = (): void => {
      symmetricEigen(s);
      cholesky(p);
      multiply(p, p);
      expect(() => cholesky({ ...p, data: p.data.map(() => NaN) })).toThrow('NaN');
    };
    round();
    const bytes = keptBytes();
    expect(bytes).toBeGreaterThan(0);
    for (let i = 0; i < 100; i++) round();
    expect(keptBytes()).toBe(bytes);
  });

  it('is given back after a call that needed much', () => {
    cholesky(positiveDefinite(10, 1));
    withWorkspace(9 * 2 ** 20, ({ heap }) => expect(heap.length).toBeGreaterThanOrEqual(9 * 2 ** 20));
    expect(keptBytes()).toBe(0);
    expect(() =>
      withWorkspace(9 * 2 ** 20, () => {
        throw new Error('on the way');
      }),
    ).toThrow('on the way');
    expect(keptBytes()).toBe(0);
    expect(cholesky(positiveDefinite(10, 1)).positiveDefinite).toBe(true);
  });
});
