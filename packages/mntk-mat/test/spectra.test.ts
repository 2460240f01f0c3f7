import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counting } from '@overparam/core';
import { composite, denseNetwork, squaredError, type Float64CompositeOracle } from '@overparam/backend-float64';
import { matrix, multiply, orthonormalColumns, pivotedQr, symmetricEigenvalues, type Matrix } from '@overparam/linear-algebra'; // prettier-ignore
import { spectraOf, type Contraction, type Spectra, type SpectraOptions } from '@overparam/mntk-mat';
import { explicitKernels } from './explicit-kernels.ts';
import { network, shapes, uniform } from './networks.ts';

const fixed = { seed: 7, numRuns: 20 };
const contraction = fc.constantFrom<Contraction>('full', 'sum', 'trace', 'random', 'loss');

const without = (oracle: Float64CompositeOracle, ...questions: (keyof Float64CompositeOracle)[]) =>
  Object.fromEntries(
    Object.entries(oracle).filter(([name]) => !(questions as string[]).includes(name)),
  ) as unknown as Partial<Float64CompositeOracle>;

const lambdas = ({ modules }: Spectra): number[] => modules.map(({ lambda_max }) => lambda_max);

function close(actual: readonly number[], expected: readonly number[], tolerance = 1e-10): void {
  const scale = Math.max(...expected.map(Math.abs));
  expect(actual).toHaveLength(expected.length);
  actual.forEach((x, i) => expect(Math.abs(x - expected[i]!)).toBeLessThanOrEqual(tolerance * scale));
}

describe('spectra', () => {
  it('are those of positive semi-definite kernels, with lambda_max <= trace', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, contraction, async (shape, contraction) => {
        const { modules } = await spectraOf(network(shape), { contraction });
        for (const { lambda_max, trace, eigenvalues, effective_rank, size } of modules) {
          expect(eigenvalues).toHaveLength(size);
          expect(lambda_max).toBeLessThanOrEqual(trace! * (1 + 1e-12));
          close([eigenvalues!.reduce((sum, x) => sum + x, 0)], [trace!]);
          expect(Math.min(...eigenvalues!)).toBeGreaterThanOrEqual(-1e-12 * lambda_max);
          expect(effective_rank).toBeGreaterThanOrEqual(1 - 1e-12);
          expect(effective_rank).toBeLessThanOrEqual(size + 1e-9);
        }
      }),
      fixed,
    );
  });

  it('add up: kernels of modules to the kernel of all, and its lambda_max is at most the sum of theirs', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const oracle = network(shape);
        const whole = oracle.kernel();
        const parts = oracle.modules().map((module) => oracle.kernel({ modules: [module] }));
        close(
          [...parts.reduce((sum, { data }) => sum.map((x, i) => x + data[i]!), new Float64Array(whole.data.length))],
          [...whole.data],
        );
        const most = symmetricEigenvalues(whole).at(-1)!;
        const found = await spectraOf(oracle);
        expect(most).toBeLessThanOrEqual(lambdas(found).reduce((sum, x) => sum + x, 0) * (1 + 1e-12));
        expect(most).toBeGreaterThanOrEqual(Math.max(...lambdas(found)) * (1 - 1e-12));
      }),
      fixed,
    );
  });

  it('go with the square of the outputs', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom(0.5, 3), async (shape, c) => {
        const [one, scaled] = [await spectraOf(network(shape)), await spectraOf(network({ ...shape, scale: c }))];
        close(
          lambdas(scaled),
          lambdas(one).map((x) => c ** 2 * x),
        );
      }),
      fixed,
    );
  });

  it('do not know the order of samples', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, contraction, async (shape, contraction) => {
        const order = Array.from({ length: shape.samples }, (_, n) => shape.samples - 1 - n);
        const [one, other] = [network(shape), network({ ...shape, order })];
        close(lambdas(await spectraOf(other, { contraction })), lambdas(await spectraOf(one, { contraction })));
      }),
      fixed,
    );
  });

  it('do not know the basis within a module', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const draw = uniform(seed);
        const random = (rows: number, columns: number): Matrix =>
          matrix(rows, columns, Float64Array.from({ length: rows * columns }, draw));
        const J = random(6, 5);
        const linear = (A: Matrix) =>
          composite({
            model: { outputs: (w) => multiply(A, matrix(5, 1, w)), jacobian: () => A },
            loss: squaredError(new Float64Array(6)),
            start: new Float64Array(5),
            modules: { turned: [0, 3], kept: [3, 5] },
          });
        const Q = orthonormalColumns(pivotedQr(random(3, 3)));
        const turn = matrix(5, 5);
        for (let i = 0; i < 3; i++) turn.data.set(Q.data.subarray(3 * i, 3 * i + 3), 5 * i);
        turn.data[18] = turn.data[24] = 1;
        close(lambdas(await spectraOf(linear(multiply(J, turn)))), lambdas(await spectraOf(linear(J))));
      }),
      fixed,
    );
  });

  it('have the closed form of one hidden layer', async () => {
    // f = s(X U + b) v, for one output: Theta^(U, b) = (X X^T + 1) * (s' diag(v^2) s'^T), Theta^v = s s^T.
    const draw = uniform(5);
    const [N, d, M] = [7, 3, 4];
    const [X, U] = [Float64Array.from({ length: N * d }, draw), Float64Array.from({ length: d * M }, draw)];
    const [b, v] = [Float64Array.from({ length: M }, draw), Float64Array.from({ length: M }, draw)];
    const s = Array.from({ length: N }, (_, n) =>
      Array.from({ length: M }, (_, j) => {
        let z = b[j]!;
        for (let i = 0; i < d; i++) z += X[n * d + i]! * U[i * M + j]!;
        return Math.tanh(z);
      }),
    );
    const kernel = (element: (n: number, m: number) => number): Matrix =>
      matrix(
        N,
        N,
        Float64Array.from({ length: N * N }, (_, i) => element(Math.floor(i / N), i % N)),
      );
    const hidden = kernel((n, m) => {
      let [x, slopes] = [1, 0];
      for (let i = 0; i < d; i++) x += X[n * d + i]! * X[m * d + i]!;
      for (let j = 0; j < M; j++) slopes += v[j]! ** 2 * (1 - s[n]![j]! ** 2) * (1 - s[m]![j]! ** 2);
      return x * slopes;
    });
    const top = kernel((n, m) => s[n]!.reduce((sum, x, j) => sum + x * s[m]![j]!, 0));
    const oracle = composite({
      model: denseNetwork({
        inputs: matrix(N, d, X),
        layers: [
          { units: M, activation: 'tanh' },
          { units: 1, bias: false },
        ],
      }),
      loss: squaredError(new Float64Array(N)),
      start: [...U, ...b, ...v],
    });
    const found = await spectraOf(oracle);
    [hidden, top].forEach((theta, l) =>
      close(found.modules[l]!.eigenvalues!, [...symmetricEigenvalues(theta).reverse()], 1e-13),
    );
  });

  it('agree whichever question they are made from, on all samples and on some', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, contraction, fc.integer({ min: 2, max: 4 }), async (shape, contraction, samples) => {
        const oracle = network(shape);
        const options: SpectraOptions = { contraction, samples, seed: 3, projections: 2 };
        const explicit = await spectraOf({ ...oracle, ...explicitKernels(oracle) }, options);
        const atOnce = await spectraOf(oracle, options);
        const products = await spectraOf(without(oracle, 'moduleKernels'), options);
        expect(atOnce.samples).toBe(Math.min(samples, shape.samples));
        atOnce.modules.forEach((spectrum, l) => {
          close(spectrum.eigenvalues!, explicit.modules[l]!.eigenvalues!);
          expect(products.modules[l]).toMatchObject({
            module: spectrum.module,
            size: spectrum.size,
            trace: null,
            effective_rank: null,
            condition_number: null,
            eigenvalues: null,
          });
        });
        close(lambdas(products), lambdas(atOnce), 1e-9);
      }),
      fixed,
    );
  });

  it('by products when the kernel would be too large, and by an iteration when its spectrum would', async () => {
    const oracle = network({ samples: 30, inputs: 4, widths: [6, 6], classes: 3, seed: 4 });
    const all = await spectraOf(oracle);
    const counted = counting(oracle);
    const iterated = await spectraOf(counted.oracle, { largestSpectrum: 50 });
    expect(counted.counts).toEqual({ modules: 1, dimensions: 1, moduleKernels: 1 });
    close(lambdas(iterated), lambdas(all));
    iterated.modules.forEach(({ trace, eigenvalues, tolerance }, l) => {
      expect([eigenvalues, tolerance]).toEqual([null, 1e-10]);
      close([trace!], [all.modules[l]!.trace!]);
    });
    const free = counting(oracle);
    close(lambdas(await spectraOf(free.oracle, { largestKernel: 50, tolerance: 1e-6 })), lambdas(all), 1e-6);
    expect(free.counts['moduleKernels']).toBeUndefined();
    expect(free.counts['kernelProduct']).toBeLessThan(3 * 40);
  });

  it('of large kernels are asked for a few modules at a time', async () => {
    const rows = 1500;
    const kernel = matrix(rows, rows);
    kernel.data[0] = 2;
    kernel.data[rows + 1] = 1;
    const asked: unknown[] = [];
    const { modules } = await spectraOf(
      {
        modules: () => ['a', 'b'],
        dimensions: () => ({ samples: rows, outputs: 1, parameters: 2 }),
        moduleKernels: (request) => (asked.push(request?.modules), [kernel]),
      },
      { samples: rows },
    );
    expect(asked).toEqual([['a'], ['b']]);
    for (const { lambda_max, trace } of modules) close([lambda_max, trace!], [2, 3]);
  });

  it('see the trace in random directions, on average', async () => {
    const oracle = network({ samples: 5, inputs: 3, widths: [4], classes: 3, seed: 8 });
    const [trace, random] = [
      await spectraOf(oracle, { contraction: 'trace' }),
      await spectraOf(oracle, { contraction: 'random', projections: 1000 }),
    ];
    close(lambdas(random), lambdas(trace), 0.05);
    const few = (seed: number) => spectraOf(oracle, { contraction: 'random', seed });
    expect(await few(2)).toEqual(await few(2));
    expect(lambdas(await few(2))).not.toEqual(lambdas(await few(3)));
  });

  it('along the loss tell the rate of its decrease', async () => {
    // 1^T Theta 1 = |gradient of the loss in the module|^2.
    const oracle = network({ samples: 6, inputs: 3, widths: [4, 3], classes: 3, seed: 9 });
    for (const [l, theta] of (await explicitKernels(oracle).moduleKernels({ along: 'loss' })).entries()) {
      const { squaredGradientNorm } = oracle.linearize({ modules: [`layer${l}`] });
      close([theta.data.reduce((sum, x) => sum + x, 0)], [squaredGradientNorm]);
      const { modules } = await spectraOf(oracle, { contraction: 'loss' });
      expect(modules[l]!.lambda_max).toBeGreaterThanOrEqual(squaredGradientNorm / 6 - 1e-12);
      for (const options of [{}, { largestSpectrum: 2 }, { largestKernel: 2 }]) {
        const { modules } = await spectraOf(oracle, { contraction: 'loss', ...options });
        close([modules[l]!.descent!], [squaredGradientNorm]);
      }
      expect((await spectraOf(oracle)).modules[l]!.descent).toBeNull();
    }
  });

  it('tell what was asked for', async () => {
    const oracle = network({ samples: 4, inputs: 3, widths: [4], classes: 2, seed: 1 });
    const found = await spectraOf(oracle, { modules: ['layer1'], quantities: ['trace'] });
    expect(found.modules).toEqual([
      {
        module: 'layer1',
        size: 8,
        tolerance: 0,
        lambda_max: expect.any(Number) as number,
        trace: expect.any(Number) as number,
        descent: null,
        effective_rank: null,
        condition_number: null,
        eigenvalues: null,
      },
    ]);
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  it('of a module without influence are zero', async () => {
    const J = matrix(3, 2, [0, 1, 0, 2, 0, 3]);
    const oracle = composite({
      model: { outputs: (w) => multiply(J, matrix(2, 1, w)), jacobian: () => J },
      loss: squaredError([1, 1, 1]),
      start: [0, 0],
      modules: { idle: [0, 1], works: [1, 2] },
    });
    for (const asked of [oracle, without(oracle, 'moduleKernels')]) {
      const { modules } = await spectraOf(asked);
      expect(modules[0]!.lambda_max).toBe(0);
      close([modules[1]!.lambda_max], [14]);
    }
    expect((await spectraOf(oracle)).modules[0]).toMatchObject({ trace: 0, effective_rank: 0, condition_number: null });
  });

  it('take any scale', async () => {
    for (const scale of [1e-100, 1e100]) {
      const shape = { samples: 4, inputs: 3, widths: [4], classes: 2, seed: 1 };
      const { modules } = await spectraOf(network({ ...shape, scale }));
      const [, one] = (await spectraOf(network(shape))).modules;
      close(
        [modules[1]!.lambda_max / scale / scale, modules[1]!.effective_rank!],
        [one!.lambda_max, one!.effective_rank!],
      );
    }
  });

  it('leave nothing behind', async () => {
    const ended: string[] = [];
    const oracle = network({ samples: 4, inputs: 3, widths: [4], classes: 2, seed: 1 });
    const watched = { ...oracle, finish: () => void ended.push('finish'), abandon: () => void ended.push('abandon') };
    await spectraOf(watched);
    expect(ended).toEqual(['abandon']);
    await expect(spectraOf(watched, { modules: ['absent'] })).rejects.toThrow();
    expect(ended).toEqual(['abandon', 'abandon']);
  });

  it('wait for answers', async () => {
    const oracle = network({ samples: 4, inputs: 3, widths: [4], classes: 2, seed: 1 });
    const later = Object.fromEntries(
      Object.entries(oracle).map(([name, member]) => [
        name,
        typeof member === 'function' ? async (...args: never[]) => (member as (...args: never[]) => unknown)(...args) : member, // prettier-ignore
      ]),
    );
    expect(await spectraOf(later)).toEqual(await spectraOf(oracle));
    const abort = new AbortController();
    abort.abort();
    await expect(spectraOf(later, {}, { signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
