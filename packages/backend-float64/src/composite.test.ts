import { isOverparamError, type Matrix } from '@overparam/core';
import { gram, matrix, multiply } from '@overparam/linear-algebra';
import { describe, expect, it } from 'vitest';
import { derivative, distance } from '../test/derivative.ts';
import { randomMatrix, randomVector, uniform } from '../test/random.ts';
import { composite, denseNetwork, softmaxCrossEntropy, squaredError, type Float64CompositeOracle } from './index.ts';

const next = uniform(7);
const inputs = randomMatrix(5, 4, next);
const layers = [{ units: 3, activation: 'tanh', name: 'hidden' } as const, { units: 2, name: 'top' }];
const network = denseNetwork({ inputs, layers });
const start = randomVector(network.parameters, next);
const loss = softmaxCrossEntropy([0, 1, 1, 0, 1], { classes: 2 });
const u = randomMatrix(5, 2, next);

const asNetwork = (): Float64CompositeOracle => composite({ model: network, loss, start });
/** The same function, as two functions of the parameters. */
const asFunctions = (): Float64CompositeOracle =>
  composite({
    model: {
      outputs: (w) => network.at(w).outputs,
      jacobian: (w) => network.at(w).jacobian([[0, network.parameters]]),
    },
    loss,
    start,
    modules: network.modules,
  });
const f = (w: Float64Array): number => loss.value(network.at(w).outputs);
const gradient = (w: Float64Array): Float64Array =>
  Float64Array.from(
    derivative((v) => [f(v)], w),
    ([x]) => x!,
  );
const square = (v: Float64Array): number => v.reduce((sum, x) => sum + x * x, 0);
const codeOf = (body: () => unknown): string | undefined => {
  try {
    body();
  } catch (error) {
    return isOverparamError(error) ? error.code : String(error);
  }
  return undefined;
};

describe.each([
  ['a network', asNetwork],
  ['two functions', asFunctions],
])('composite of %s', (_, made) => {
  it('answers the questions of Oracle', () => {
    const oracle = made();
    const g = gradient(start);
    const at = oracle.linearize();
    expect(at.value).toBe(f(start));
    expect(at.slope).toBe(-at.squaredGradientNorm);
    expect(Math.abs(at.squaredGradientNorm - square(g))).toBeLessThan(1e-9);
    const there = start.map((x, i) => x - 0.5 * g[i]!);
    expect(Math.abs(oracle.probe(0.5) - f(there))).toBeLessThan(1e-9);
    expect(oracle.parameters()).toEqual(start);
    oracle.move(0.5);
    expect(distance(oracle.parameters(), there)).toBeLessThan(1e-9);
    expect(oracle.loss()).toBe(f(oracle.parameters()));
  });

  it('answers those of CompositeOracle', () => {
    const oracle = made();
    expect(oracle.modules()).toEqual(['hidden', 'top']);
    expect(oracle.dimensions()).toEqual({ samples: 5, outputs: 2, parameters: 23 });
    expect(oracle.dimensions({ modules: ['top'] })).toEqual({ samples: 5, outputs: 2, parameters: 8 });
    expect(oracle.outputs()).toEqual(network.at(start).outputs);
    expect(oracle.loss()).toBe(f(start));
    expect(oracle.lossGradient()).toEqual(loss.gradient(oracle.outputs()));
    expect(oracle.lossHessianFactor()).toEqual(loss.hessianFactor(oracle.outputs()));
    for (const request of [{}, { modules: ['hidden'] }, { modules: ['top', 'top', 'hidden'] }]) {
      const J = oracle.jacobian(request);
      expect(J.columns).toBe(oracle.dimensions(request).parameters);
      const K = multiply(J, J, { transposeB: true });
      expect(distance(oracle.kernel(request).data, K.data)).toBeLessThan(1e-12);
      const column: Matrix = { rows: 10, columns: 1, data: u.data };
      expect(distance(oracle.kernelProduct(u, request).data, multiply(K, column).data)).toBeLessThan(1e-12);
      const scaling = { min: 0.3, max: 0.9 };
      const D = Array.from({ length: J.columns }, (_, p) =>
        Math.min(0.9, Math.max(0.3, square(J.data.filter((_, i) => i % J.columns === p)))),
      );
      expect(new Set(D).size).toBeGreaterThan(2);
      const scaled: Matrix = { ...J, data: J.data.map((x, i) => x / Math.sqrt(D[i % J.columns]!)) };
      const K1 = multiply(scaled, scaled, { transposeB: true });
      expect(distance(oracle.kernel({ ...request, scaling }).data, K1.data)).toBeLessThan(1e-12);
      const product = oracle.kernelProduct(u, { ...request, scaling });
      expect(distance(product.data, multiply(K1, column).data)).toBeLessThan(1e-12);
      const some = oracle.kernel({ ...request, samples: [3, 0] });
      const rows = [6, 7, 0, 1];
      expect(
        distance(
          some.data,
          rows.flatMap((i) => rows.map((j) => K.data[i * 10 + j]!)),
        ),
      ).toBeLessThan(1e-12);
    }
  });

  it('has the kernel of each module, of outputs or along weights of them', () => {
    const oracle = made();
    const whole = oracle.moduleKernels();
    expect(whole).toEqual(oracle.modules().map((name) => oracle.kernel({ modules: [name] })));
    expect(oracle.moduleKernels({ modules: ['top'], samples: [3, 0] })).toEqual([
      oracle.kernel({ modules: ['top'], samples: [3, 0] }),
    ]);
    for (const [along, V] of [[u, u] as const, ['loss', oracle.lossGradient()] as const]) {
      const rows = (J: Matrix): Matrix =>
        matrix(
          5,
          J.columns,
          Float64Array.from({ length: 5 * J.columns }, (_, i) => {
            const [n, p] = [Math.floor(i / J.columns), i % J.columns];
            return [0, 1].reduce((sum, k) => sum + V.data[2 * n + k]! * J.data[(2 * n + k) * J.columns + p]!, 0);
          }),
        );
      const [top, hidden] = oracle.moduleKernels({ modules: ['top', 'hidden'], along });
      for (const [K, name] of [[top!, 'top'] as const, [hidden!, 'hidden'] as const]) {
        const expected = gram(rows(oracle.jacobian({ modules: [name] })));
        expect(distance(K.data, expected.data)).toBeLessThan(1e-12);
        const [some] = oracle.moduleKernels({ modules: [name], along, samples: [4, 1] });
        const picked = [4, 1].flatMap((n) => [4, 1].map((m) => expected.data[n * 5 + m]!));
        expect(distance(some!.data, picked)).toBeLessThan(1e-12);
      }
    }
    expect(() => oracle.moduleKernels({ along: { rows: 1, columns: 2, data: new Float64Array(2) } })).toThrow('u');
  });

  it('pulls back, and follows the outputs', () => {
    const oracle = made();
    const g = gradient(start);
    const J = oracle.jacobian();
    const d = multiply(J, { rows: 10, columns: 1, data: u.data }, { transposeA: true }).data;
    const told = oracle.pullback(u);
    expect(told.value).toBe(f(start));
    expect(Math.abs(told.slope - d.reduce((sum, x, i) => sum + x * g[i]!, 0))).toBeLessThan(1e-9);
    expect(Math.abs(told.squaredGradientNorm - square(g))).toBeLessThan(1e-9);
    const there = start.map((x, i) => x + 0.1 * d[i]!);
    expect(distance(oracle.probeOutputs(0.1).data, network.at(there).outputs.data)).toBeLessThan(1e-12);
    expect(Math.abs(oracle.probe(0.1) - f(there))).toBeLessThan(1e-12);

    oracle.pullback(u, { modules: ['top'], scaling: { min: 2, max: 2 } });
    oracle.move(1);
    const moved = oracle.parameters();
    const [from, to] = network.modules['top']!;
    expect(
      distance(
        moved,
        start.map((x, i) => (from <= i && i < to ? x + d[i]! / 2 : x)),
      ),
    ).toBeLessThan(1e-12);
  });

  it('takes a direction as the Jacobian has its columns', () => {
    const oracle = made();
    const d = randomVector(8, next);
    const told = oracle.direct(d, { modules: ['top'] });
    const g = gradient(start).slice(15);
    expect(Math.abs(told.slope - d.reduce((sum, x, i) => sum + x * g[i]!, 0))).toBeLessThan(1e-9);
    oracle.move(1);
    expect(oracle.parameters()).toEqual(start.map((x, i) => (i < 15 ? x : x + d[i - 15]!)));
    expect(codeOf(() => oracle.direct(d))).toBe('SHAPE_MISMATCH');
  });

  it('answers how large w, d, g and the columns of J are', () => {
    const oracle = made();
    expect(codeOf(() => oracle.sizes())).toBe('NOT_LINEARIZED');
    oracle.pullback(u, { modules: ['top'] });
    const pulled = multiply(oracle.jacobian(), { rows: 10, columns: 1, data: u.data }, { transposeA: true }).data;
    const { parameters, direction, largestGradient } = oracle.sizes();
    expect(parameters).toBeCloseTo(Math.sqrt(square(start)), 12);
    expect(direction).toBeCloseTo(Math.sqrt(square(pulled.slice(15))), 12);
    expect(largestGradient).toBeCloseTo(Math.max(...gradient(start).slice(15).map(Math.abs)), 8);
    for (const request of [{}, { modules: ['top'] }]) {
      const { columns, data } = oracle.jacobian(request);
      const sums = Array.from({ length: columns }, (_, j) => square(data.filter((_, i) => i % columns === j)));
      expect(oracle.largestSquaredColumn(request)).toBeCloseTo(Math.max(...sums), 12);
    }
  });

  it('remembers the displacement', () => {
    const oracle = made();
    expect(oracle.displacementProduct().data).toEqual(new Float64Array(10));
    oracle.linearize();
    oracle.move(0.3);
    oracle.finish();
    const w = oracle.parameters();
    const moved = w.map((x, i) => x - start[i]!);
    const J = oracle.jacobian();
    const wanted = multiply(J, { rows: 23, columns: 1, data: moved });
    expect(distance(oracle.displacementProduct().data, wanted.data)).toBeLessThan(1e-12);
    oracle.pullback(u, { momentum: 0.9 });
    const pulled = multiply(J, { rows: 10, columns: 1, data: u.data }, { transposeA: true }).data;
    oracle.move(1);
    expect(
      distance(
        oracle.parameters(),
        w.map((x, i) => x + pulled[i]! + 0.9 * moved[i]!),
      ),
    ).toBeLessThan(1e-12);
  });

  it('undoes an abandoned step, and only that', () => {
    const oracle = made();
    oracle.linearize();
    oracle.move(0.1);
    oracle.finish();
    const saved = oracle.save();
    oracle.linearize();
    oracle.probe(3);
    oracle.move(0.1);
    oracle.abandon();
    expect(oracle.save()).toEqual(saved);
    oracle.abandon();
    expect(oracle.save()).toEqual(saved);
    expect(codeOf(() => oracle.probe(1))).toBe('NOT_LINEARIZED');
  });

  it('continues from what was saved', () => {
    const [one, other] = [made(), made()];
    one.linearize();
    one.move(0.3);
    one.finish();
    other.restore(JSON.parse(JSON.stringify(one.save())));
    for (const oracle of [one, other]) {
      oracle.linearize();
      oracle.moveHeavyBall(0.2, 0.5);
    }
    expect(other.parameters()).toEqual(one.parameters());
  });

  it('hands out copies', () => {
    const oracle = made();
    oracle.outputs().data.fill(9);
    oracle.jacobian().data.fill(9);
    oracle.parameters().fill(9);
    oracle.lossGradient().data.fill(9);
    expect(oracle.loss()).toBe(f(start));
    expect(oracle.linearize().value).toBe(f(start));
    expect(oracle.kernel()).toEqual(made().kernel());
  });

  it('names the modules that there are', () => {
    const oracle = made();
    for (const ask of [
      () => oracle.linearize({ modules: ['bottom'] }),
      () => oracle.dimensions({ modules: ['bottom'] }),
      () => oracle.kernel({ modules: ['bottom'] }),
      () => oracle.pullback(u, { modules: ['bottom'] }),
    ])
      expect(ask).toThrow('modules is "bottom": it takes names among hidden, top.');
  });

  it('answers with what is not finite, and has no kernel there', () => {
    const oracle = made();
    oracle.direct(new Float64Array(23).fill(1e308));
    expect(oracle.probe(1)).not.toBeLessThan(Infinity);
    expect(oracle.probe(0)).toBe(f(start));
    oracle.setParameters(new Float64Array(23).fill(1e308));
    expect(oracle.linearize().value).not.toBeLessThan(Infinity);
    expect(codeOf(() => oracle.kernel())).toBe('NOT_FINITE');
    expect(codeOf(() => oracle.pullback(u))).toBe('NOT_FINITE');
    oracle.setParameters(start);
    expect(oracle.linearize().value).toBe(f(start));
  });

  it('says what it does not take', () => {
    const oracle = made();
    expect(codeOf(() => oracle.probe(1))).toBe('NOT_LINEARIZED');
    expect(codeOf(() => oracle.kernelProduct(randomMatrix(4, 2, next)))).toBe('SHAPE_MISMATCH');
    expect(() => oracle.kernel({ samples: [5] })).toThrow('samples[0] is 5: it takes a sample of the batch, 0 to 4.');
    expect(() => oracle.kernel({ scaling: { min: 2, max: 1 } })).toThrow('0 < min <= max');
    expect(() => oracle.pullback(u, { momentum: NaN })).toThrow('momentum is NaN');
    oracle.linearize();
    expect(() => oracle.move(Infinity)).toThrow("The step of 'move' is Infinity");
    expect(() => oracle.setParameters([1])).toThrow('There are 1 parameters given: it takes 23.');
    expect(() => oracle.setParameters(start.map(() => NaN))).toThrow('The parameter [0] is NaN');
    expect(oracle.parameters()).toEqual(start);
  });
});

describe('composite', () => {
  it('wants a loss, a start and modules that fit', () => {
    const model = network;
    expect(() => composite({ model, loss: squaredError([1, 2]), start })).toThrow(
      'The model has 5 x 2 outputs, and the loss takes 2 x 1.',
    );
    expect(() => composite({ model, loss, start: [1] })).toThrow('There are 1 parameters given: it takes 23.');
    expect(() => composite({ model, loss, start, modules: {} })).toThrow('a model that has its own');
  });

  it('moves whole modules only: a frozen layer stays', () => {
    const frozen = denseNetwork({ inputs, layers: [{ ...layers[0]!, frozen: true }, layers[1]!] });
    const oracle = composite({ model: frozen, loss, start });
    expect(oracle.dimensions().parameters).toBe(8);
    oracle.linearize();
    oracle.move(1);
    expect(oracle.parameters().slice(0, 15)).toEqual(start.slice(0, 15));
    expect(oracle.parameters()).not.toEqual(start);
    expect(() => oracle.linearize({ modules: ['hidden'] })).toThrow('names among top');
  });

  it('does not let functions touch its parameters, and notices when their shape changes', () => {
    let rows = 2;
    const oracle = composite({
      model: {
        outputs: (w) => ({ rows, columns: 1, data: w.fill(7).slice(0, rows) }),
        jacobian: () => ({ rows: 2, columns: 2, data: Float64Array.of(1, 0, 0, 1) }),
      },
      loss: squaredError([1, 2]),
      start: Float64Array.of(3, 4),
    });
    oracle.linearize();
    expect([...oracle.parameters()]).toEqual([3, 4]);
    oracle.abandon();
    rows = 1;
    expect(() => oracle.outputs()).toThrow('The matrix of the outputs is 1 x 1 of 1 numbers: it takes 2 x 1.');
  });

  it('evaluates a point once: an accepted trial is the next point', () => {
    let calls = 0;
    const oracle = composite({
      model: {
        outputs: (w) => (calls++, { rows: 1, columns: 1, data: w }),
        jacobian: () => ({ rows: 1, columns: 1, data: Float64Array.of(1) }),
      },
      loss: squaredError([1]),
      start: [0],
    });
    expect(calls).toBe(1);
    for (let step = 0; step < 3; step++) {
      oracle.linearize();
      oracle.kernel();
      oracle.probe(0.5);
      oracle.move(0.5);
      oracle.finish();
    }
    oracle.loss();
    expect(calls).toBe(1 + 4);
  });
});
