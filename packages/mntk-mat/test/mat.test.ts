import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counting, minimize, observing, run, type Method, type Oracle } from '@overparam/core';
import type { Float64CompositeOracle } from '@overparam/backend-float64';
import { mat, type MatOptions, type MatReport, type MatState } from '@overparam/mntk-mat';
import { gaussNewton, levenbergMarquardt } from '@overparam/gauss-newton';
import { ponos } from '@overparam/polyak-nonmonotone';
import { gradientDescent } from './gradient-descent.ts';
import { network, shapes, type NetworkShape } from './networks.ts';
import { scripted } from './scripted.ts';

const fixed = { seed: 3, numRuns: 8 };

type Inner = Method<object, object, Float64CompositeOracle>;
type Under = Method<MatState<object>, MatReport<object>, Float64CompositeOracle>;
/** Ten lines that anyone could write, a line search, and two methods that ask for kernels. */
const inners = {
  'gradient descent': gradientDescent(0.3),
  PoNoS: ponos(),
  'Gauss-Newton': gaussNewton({ curvature: 'loss', damping: 0.1 }),
  'Levenberg-Marquardt': levenbergMarquardt({ curvature: 'loss' }),
} as unknown as Readonly<Record<string, Inner>>;
const under = (inner: Inner, options: MatOptions): Under => mat(inner, options) as unknown as Under;

const steps = 7;
const moderate: NetworkShape = { samples: 6, inputs: 3, widths: [5, 4, 3], classes: 3, seed: 2 };

describe.each(Object.entries(inners))('MAT o %s', (_, inner) => {
  it('leaves modules that rest as they are, to the bit, and trains the others', () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(0.3, 0.7, 1), fc.integer({ min: 1, max: 4 }), (shape, alpha, every) => {
        const oracle = network(shape);
        const { dimensions, modules, parameters } = oracle;
        const method = under(inner, { alpha, every });
        const sizes = modules().map((name) => dimensions({ modules: [name] }).parameters);
        let state = method.init();
        for (let k = 0; k < steps; k++) {
          const before = parameters();
          const due = k % every === 0 || state.due;
          const step = run(method, oracle, state);
          state = step.state;
          const { trained, selection } = step.report;
          if (selection)
            expect(selection.parameters).toEqual({
              trained: dimensions({ modules: trained ?? modules() }).parameters,
              all: dimensions().parameters,
            });
          expect(selection !== null).toBe(due);
          let from = 0;
          modules().forEach((name, l) => {
            const to = from + sizes[l]!;
            if (trained && !trained.includes(name))
              expect(parameters().slice(from, to)).toEqual(before.slice(from, to));
            from = to;
          });
        }
      }),
      fixed,
    );
  });

  it('with alpha = 0 and beta = 0 is the method itself, to the bit', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 4 }), (shape, every) => {
        const [one, other] = [network(shape), network(shape)];
        const method = under(inner, { alpha: 0, beta: 0, every });
        let [state, alone] = [method.init(), inner.init()];
        for (let k = 0; k < steps; k++) {
          const [there, here] = [run(method, one, state), run(inner, other, alone)];
          expect(there.report.inner).toEqual(here.report);
          expect(one.parameters()).toEqual(other.parameters());
          [state, alone] = [there.state, here.state];
        }
        expect(state.inner).toEqual(alone);
      }),
      fixed,
    );
  });

  it('with one module left trains as if the others were frozen', () => {
    const chosen = fc.integer({ min: 0, max: 2 });
    fc.assert(
      fc.property(shapes, chosen, (shape, at) => {
        const layers = shape.widths.map((_, l) => l).concat(shape.widths.length);
        const only = at % layers.length;
        const frozen = layers.filter((l) => l !== only);
        const [one, other] = [network(shape), network({ ...shape, frozen })];
        const score: MatOptions['score'] = ({ spectrum }) => Number(spectrum.module === `layer${only}`);
        const method = under(inner, { score, alpha: 1, every: 3 });
        let [state, alone] = [method.init(), inner.init()];
        for (let k = 0; k < steps; k++) {
          const [there, here] = [run(method, one, state), run(inner, other, alone)];
          expect(there.report.trained).toEqual([`layer${only}`]);
          expect(there.report.inner).toEqual(here.report);
          expect(one.parameters()).toEqual(other.parameters());
          [state, alone] = [there.state, here.state];
        }
      }),
      fixed,
    );
  });

  it('lowers the loss', async () => {
    const oracle = network(moderate);
    const before = oracle.loss();
    await minimize(under(inner, { alpha: 0.5, every: 5 }), oracle, { steps: 60 });
    expect(oracle.loss()).toBeLessThan(before / 2);
  });
});

describe('mat', () => {
  it('asks for spectra when they are due, and of the inner method just what it asks', () => {
    const { oracle, counts } = counting(network(moderate));
    const method = mat(gradientDescent(0.1), { every: 4, begin: 2, alpha: 0.5 });
    let state = method.init();
    for (let k = 0; k < 8; k++) {
      const before = { ...counts };
      const { report, state: next } = run(method, oracle, state);
      state = next;
      const asked = Object.fromEntries(
        Object.entries(counts).flatMap(([name, n]) =>
          n > (before[name] ?? 0) ? [[name, n - (before[name] ?? 0)]] : [],
        ),
      );
      const looks = { modules: 1, dimensions: 3, moduleKernels: 1 };
      const due = k === 2 || k === 6;
      expect(report.questions).toEqual({ selection: due ? looks : {}, inner: { linearize: 1, move: 1 } });
      expect(asked).toEqual({ linearize: 1, move: 1, ...(due && looks) });
      if (k < 2) expect(report.trained).toBeNull();
    }
    expect(state).toMatchObject({ step: 8, selections: 2, due: false });
  });

  it('counts in epochs', () => {
    const method = mat(gradientDescent(0.1), { every: 0.5, n_batches_per_epoch: 6 });
    const oracle = network(moderate);
    let state = method.init();
    const selections = Array.from({ length: 7 }, () => {
      const step = run(method, oracle, state);
      state = step.state;
      return step.report.selection !== null;
    });
    expect(selections).toEqual([true, false, false, true, false, false, true]);
    const once = mat(gradientDescent(0.1), { n_batches_per_epoch: 2 });
    let { state: next } = run(once, oracle, once.init());
    for (const due of [false, true]) {
      const step = run(once, oracle, next);
      next = step.state;
      expect(step.report.selection !== null).toBe(due);
    }
  });

  it('hands on only what the inner method declares', () => {
    const seen: string[][] = [];
    const curious: Method<null, null, Oracle> = {
      name: 'curious',
      needs: ['linearize', 'move'],
      init: () => null,
      *step(state, oracle) {
        seen.push(Object.keys(oracle).sort());
        yield* oracle.linearize();
        return { state, report: null };
      },
    };
    run(mat(curious), network(moderate), mat(curious).init());
    expect(seen).toEqual([['linearize', 'move']]);
  });

  it('narrows every question that goes by modules, and leaves the others as they are', () => {
    const asked: unknown[] = [];
    const oracle = network(moderate);
    const u = { rows: 6, columns: 3, data: new Float64Array(18).fill(1) };
    const all: Method<null, null, Float64CompositeOracle> = {
      name: 'all',
      needs: ['linearize', 'kernel', 'kernelProduct', 'pullback', 'jacobian', 'dimensions', 'displacementProduct', 'outputs', 'probe', 'direct'], // prettier-ignore
      init: () => null,
      *step(state, asking) {
        yield* asking.linearize();
        yield* asking.kernel({ samples: [0, 1] });
        yield* asking.kernelProduct(u);
        yield* asking.pullback(u, { momentum: 0 });
        yield* asking.displacementProduct();
        yield* asking.jacobian({ modules: ['layer0', 'layer3'] });
        const { parameters } = yield* asking.dimensions();
        yield* asking.direct(new Float64Array(parameters).fill(1));
        yield* asking.outputs();
        yield* asking.probe(0.5);
        return { state, report: null };
      },
    };
    const top: MatOptions['score'] = ({ spectrum }) => Number(['layer2', 'layer3'].includes(spectrum.module));
    const method = mat(all, { score: top, alpha: 1 });
    run(method, observing(oracle, { asked: ({ name, args }) => void asked.push([name, ...args]) }), method.init());
    const modules = ['layer2', 'layer3'];
    expect(asked.slice(-10)).toEqual([
      ['linearize', { modules }],
      ['kernel', { samples: [0, 1], modules }],
      ['kernelProduct', u, { modules }],
      ['pullback', u, { momentum: 0, modules }],
      ['displacementProduct', { modules }],
      ['jacobian', { modules: ['layer3'] }],
      ['dimensions', { modules }],
      ['direct', new Float64Array(4 * 3 + 3 + 9).fill(1), { modules }],
      ['outputs'],
      ['probe', 0.5],
    ]);
  });

  it('under itself trains what both select', () => {
    const oracle = scripted({ a: [4], b: [3], c: [2], d: [1] });
    const method = mat(mat(gradientDescent(1), { alpha: 0.6 }), {
      score: ({ spectrum }) => 1 / spectrum.lambda_max,
      alpha: 0.3,
    });
    run(method, oracle, method.init());
    // The outer one lets b, c and d in; the inner one, which looks at all four, a and b.
    expect(oracle.linearized).toEqual([['b']]);
  });

  it('puts a selection off to the next step when numbers are not finite or samples too few', () => {
    const oracle = network(moderate);
    let broken = 2;
    const sometimes = {
      ...oracle,
      moduleKernels: (request?: object) =>
        oracle
          .moduleKernels(request)
          .map((kernel) => (broken > 0 ? { ...kernel, data: kernel.data.fill(NaN) } : kernel)),
    };
    const method = mat(gradientDescent(0.1), { every: 10, alpha: 0.5 });
    let state = method.init();
    const reports = Array.from({ length: 4 }, () => {
      const step = run(method, sometimes, state);
      broken--;
      state = step.state;
      return step.report;
    });
    expect(reports.map(({ putOff }) => putOff)).toEqual(['NOT_FINITE', 'NOT_FINITE', null, null]);
    expect(reports.map(({ selection }) => selection !== null)).toEqual([false, false, true, false]);
    expect(reports[1]!.trained).toBeNull();

    const single = network({ ...moderate, samples: 1 });
    const step = run(method, single, method.init());
    expect(step.report).toMatchObject({ putOff: 'TOO_FEW_SAMPLES', selection: null, trained: null });
    expect(step.state.due).toBe(true);
  });

  it('stops with the inner method, once a fresh selection does not change its mind', async () => {
    let calls = 0;
    const weary: Method<null, number, Oracle> = {
      name: 'weary',
      needs: ['linearize', 'move'],
      init: () => null,
      *step(state, oracle) {
        yield* oracle.linearize();
        return { state, report: calls, ...(++calls >= 3 && { stopped: 'enough' }) };
      },
    };
    const oracle = network(moderate);
    const rests = await minimize(mat(weary, { alpha: 1, every: 100 }), oracle, { steps: 20 });
    expect(rests).toMatchObject({ steps: 4, stopped: 'method', reason: 'enough' });
    expect(rests.state.selections).toBe(2);
    calls = 0;
    const none = await minimize(mat(weary, { alpha: 0, every: 100 }), oracle, { steps: 20 });
    expect(none).toMatchObject({ steps: 3, stopped: 'method', reason: 'enough' });
  });

  it('knows its modules by name when their order, or its groups, have changed', () => {
    const oracle = scripted({ a: [10], b: [1], c: [8] });
    const method = mat(gradientDescent(1), { every: 1, alpha: 0.5 });
    const { state } = run(method, oracle, method.init());
    oracle.names = ['c', 'b', 'a'];
    const turned = run(method, oracle, state);
    expect(turned.state.history.map(({ module, rested, first }) => [module, rested, first])).toEqual([
      ['c', 0, 8],
      ['b', 2, 1],
      ['a', 0, 10],
    ]);
    const fewer = mat(gradientDescent(1), { every: 1, alpha: 0.5, groups: { only: ['b', 'c'] } });
    expect(run(fewer, oracle, state).state.history).toMatchObject([{ module: 'b', rested: 2 }, { module: 'c' }]);
  });

  it('draws other samples at each selection', () => {
    const asked: unknown[] = [];
    const oracle = observing(network(moderate), {
      asked: ({ name, args }) =>
        void (name === 'moduleKernels' && asked.push((args[0] as { samples: unknown }).samples)),
    });
    const method = mat(gradientDescent(0.1), { every: 1, spectra: { samples: 3 } });
    let state = method.init();
    for (let k = 0; k < 3; k++) state = run(method, oracle, state).state;
    expect(asked).toHaveLength(3);
    expect(new Set(asked.map((samples) => JSON.stringify(samples))).size).toBeGreaterThan(1);
  });

  it('tells the time, by a clock that is given to it', () => {
    let now = 0;
    const oracle = network(moderate);
    const slow = observing(oracle, { asked: ({ name }) => void (now += name === 'moduleKernels' ? 5 : 2) });
    const method = mat(gradientDescent(0.1), { every: 2, clock: () => now });
    const first = run(method, slow, method.init());
    expect(first.report.milliseconds).toEqual({ selection: 13, inner: 4 });
    expect(run(method, slow, first.state).report.milliseconds).toEqual({ selection: 0, inner: 4 });
    expect(run(mat(gradientDescent(0.1)), oracle, method.init()).report.milliseconds).toBeNull();
  });

  it('says how to make it again, where its options are plain data', () => {
    const method = mat(ponos({ c: 0.1 }), { alpha: 0.2, groups: { a: ['x'] } });
    expect(method).toMatchObject({
      name: 'mat(ponos)',
      options: { alpha: 0.2, groups: { a: ['x'] }, inner: { name: 'ponos', options: { c: 0.1 } } },
    });
    expect(mat(ponos(), { groups: () => 'a' }).options).toBeUndefined();
  });
});
