import { serialize } from 'node:v8';
import { createPool, createTeam, type Pool, type Team, type WorkerData } from '@overparam/threads';
import type * as Threads from '@overparam/threads';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { positiveDefinite, random, seed, seeded, symmetric, uniform } from '../../test/matrices.ts';
import { cholesky, gram, ldlt, multiply, solveTriangular, symmetricEigen, useKernels, useThreads } from '../index.ts';
import { type Kernels } from './kernels.ts';
import { sharedProduct } from './shared-product.ts';
import { compiledSharedKernels, exportsIn, scratch, wasmKernels } from './wasm.ts';
import { keptBytes } from './workspace.ts';

const perThread = scratch * 8;
const differsAt = (a: Float64Array, b: Float64Array): number => a.findIndex((x, i) => !Object.is(x, b[i]));
const lost = (message: string): Error => new Error(message);

/** A team that always shares, in so many parts. */
const cutting = (pool: Pool, parts: number): Team => {
  const team = createTeam(pool);
  return { ...team, share: (kernel, _, use) => team.share(kernel, Infinity, (_, compute) => use(parts, compute)) };
};

describe('a product on several threads', () => {
  const module = compiledSharedKernels()!;
  const elements = 40_000;
  const memory = new WebAssembly.Memory({
    ...{ initial: Math.ceil((3 * perThread + elements * 8) / 65536), maximum: 65536, shared: true },
  });
  const exports = exportsIn(module, memory);
  const alone = wasmKernels(exports).gemm;
  const heap = new Float64Array(memory.buffer, 3 * perThread, elements);
  let pool: Pool;
  beforeAll(() => {
    pool = createPool({ module, memory, exports, threads: 3, idle: 'rowDots', lost });
    return pool.ready;
  });
  afterAll(() => pool.dispose());

  it('has the bits of one on one thread, in any number of parts and any layout', () => {
    const size = fc.integer({ min: 1, max: 90 });
    const flags = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean());
    const parts = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(size, size, size, seed, flags, parts, (m, n, k, s, [left, right, add], parts) => {
        const team = cutting(pool, parts);
        const [at, b] = [3 * scratch, 3 * scratch + m * k];
        const c = b + k * n;
        const [ars, acs] = left ? [1, m] : [k, 1];
        const [brs, bcs] = right ? [1, k] : [n, 1];
        const result = (gemm: Kernels['gemm']): Float64Array => {
          heap.set(Float64Array.from({ length: m * k + k * n + m * n + 1 }, uniform(s)));
          gemm(at, ars, acs, b, brs, bcs, c, n, m, n, k, add ? -1 : 1, add);
          return new Float64Array(heap);
        };
        expect(differsAt(result(sharedProduct(alone, team, scratch)), result(alone))).toBe(-1);
      }),
      { ...seeded, numRuns: 60 },
    );
  });

  it('has those of a triangle too, whose other side it leaves undefined', () => {
    const sizes = [fc.integer({ min: 1, max: 150 }), fc.integer({ min: 1, max: 40 })] as const;
    const triangles = fc.constantFrom(1 as const, 2 as const);
    fc.assert(
      fc.property(...sizes, seed, triangles, fc.integer({ min: 2, max: 9 }), (n, k, s, triangle, parts) => {
        const team = cutting(pool, parts);
        const [at, c] = [3 * scratch, 3 * scratch + n * k];
        const result = (gemm: Kernels['gemm']): Float64Array => {
          heap.set(Float64Array.from({ length: n * k + n * n }, uniform(s)));
          gemm(at, k, 1, at, 1, k, c, n, n, n, k, -1, true, triangle);
          return new Float64Array(heap.subarray(n * k, n * k + n * n)).map((x, i) => {
            const [row, column] = [Math.floor(i / n), i % n];
            return (triangle === 1 ? column <= row : column >= row) ? x : 0;
          });
        };
        expect(differsAt(result(sharedProduct(alone, team, scratch)), result(alone))).toBe(-1);
      }),
      { ...seeded, numRuns: 40 },
    );
  });

  it('is left to one thread where it is small, or a triangle of no square', () => {
    const gemm = vi.fn();
    const share = vi.fn<Team['share']>();
    const product = sharedProduct(gemm, { ready: Promise.resolve(), share }, scratch);
    product(0, 1, 1, 0, 1, 1, 0, 1, 10, 10, 10, 1, false);
    product(0, 1, 1, 0, 1, 1, 0, 1, 1000, 999, 1000, 1, false, 1);
    expect(gemm).toHaveBeenCalledTimes(2);
    product(0, 1, 1, 0, 1, 1, 0, 1, 1000, 1000, 1000, 1, false, 1);
    expect(gemm).toHaveBeenCalledTimes(2);
    expect(share.mock.calls).toEqual([['gemm', expect.any(Number), expect.any(Function)]]);
    // A triangle takes half the time of a square.
    product(0, 1, 1, 0, 1, 1, 0, 1, 1000, 1000, 1000, 1, false);
    expect(share.mock.calls[1]![1]).toBeCloseTo(2 * share.mock.calls[0]![1], 9);
  });
});

describe('useThreads', () => {
  afterEach(() => {
    useThreads(1);
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
    vi.doUnmock('@overparam/threads');
    vi.resetModules();
  });

  it('changes no bit of any result', () => {
    const [a, s, p, b] = [random(300, 290, 1), symmetric(280, 2), positiveDefinite(300, 3), random(300, 200, 4)];
    const all = (): Buffer =>
      serialize([
        ...[multiply(a, a, { transposeB: true }), gram(a), gram(a, { ofColumns: true }), cholesky(p)],
        ...[solveTriangular(p, b), solveTriangular(p, b, { upper: true, transpose: true }), ldlt(s), symmetricEigen(s)],
      ]);
    expect(useThreads(1)).toBe(1);
    const one = all();
    for (const threads of [2, 4]) {
      expect(useThreads(threads)).toBe(threads);
      expect(all().equals(one)).toBe(true);
      expect(keptBytes()).toBeGreaterThan(threads * perThread);
    }
  });

  it('starts none for small matrices, and gives the memory of large ones back with its threads', () => {
    useThreads(2);
    cholesky(positiveDefinite(20, 1));
    expect(keptBytes()).toBeLessThan(2 * perThread);
    // A product of two long vectors needs much memory and no time.
    multiply(random(1, 4_200_000, 1), random(4_200_000, 1, 2));
    expect(keptBytes()).toBe(0);
    expect(cholesky(positiveDefinite(20, 1)).positiveDefinite).toBe(true);
  });

  it('refuses what is no number', () => {
    expect(() => useThreads(0)).toThrow("threads is 0: it takes 'all' or a whole number from 1 to 64");
    expect(useThreads('all')).toBeGreaterThanOrEqual(1);
  });

  it.each([
    ['two', 'BAD_OPTION'],
    ['2', undefined],
  ])('takes OVERPARAM_THREADS=%s', async (text, code) => {
    vi.resetModules();
    vi.stubEnv('OVERPARAM_THREADS', text);
    const fresh = await import('../index.ts');
    const { keptBytes } = await import('./workspace.ts');
    const a = random(256, 256, 1);
    if (code) expect(() => fresh.gram(a)).toThrow(expect.objectContaining({ code }));
    else {
      expect(fresh.gram(a)).toEqual(gram(a));
      expect(keptBytes()).toBeGreaterThan(2 * perThread);
    }
    fresh.useThreads(1);
  });

  it('leaves one where memory cannot be shared, a worker is refused, or TypeScript computes', async () => {
    const expected = gram(random(256, 256, 1));
    vi.resetModules();
    vi.stubGlobal('crossOriginIsolated', false);
    const page = await import('../index.ts');
    expect(page.useThreads(4)).toBe(1);
    expect(page.gram(random(256, 256, 1))).toEqual(expected);
    vi.unstubAllGlobals();

    vi.resetModules();
    vi.doMock('@overparam/threads', async (original) => ({
      ...(await original()),
      createPool() {
        throw new Error('no permission');
      },
    }));
    const forbidden = await import('../index.ts');
    forbidden.useThreads(4);
    expect(forbidden.gram(random(256, 256, 1))).toEqual(expected);

    useKernels('typescript');
    expect(useThreads(4)).toBe(1);
    useKernels('wasm');
  });

  it('says THREAD_LOST once where a thread died at work, and goes on', async () => {
    const p = positiveDefinite(600, 1);
    const expected = cholesky(p);
    vi.resetModules();
    vi.doMock('@overparam/threads', async (original) => {
      const threads = await original<typeof Threads>();
      const silent = ({ words }: WorkerData, events: { ready(): void }): { terminate(): void } => {
        events.ready();
        // It took a tile, and was never heard of again.
        words[32 + 2] = 1;
        return { terminate() {} };
      };
      const createPool: typeof threads.createPool = (options) =>
        threads.createPool({ ...options, spawn: silent, patience: 20 });
      return { ...threads, createPool };
    });
    const fresh = await import('../index.ts');
    fresh.useThreads(2);
    // At first it sees how long products take alone.
    const tryOften = (): void => {
      for (let i = 0; i < 100; i++) fresh.cholesky(p);
    };
    expect(tryOften).toThrow(expect.objectContaining({ name: 'OverparamError', code: 'THREAD_LOST' }));
    expect(fresh.cholesky(p)).toEqual(expected);
    fresh.useThreads(1);
  });
});
