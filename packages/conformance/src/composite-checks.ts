import { isOverparamError, type LinearizeRequest, type Matrix } from '@overparam/core';
import { NotApplicable, type Check } from './check.ts';
import { basic } from './line-checks.ts';
import { blocksOf, columnScale, contracted, product, transposedTimes } from './jacobian.ts';
import { maskOf, network } from './network.ts';
import { answering, inModules, posing, reached, scalesOf } from './posed.ts';
import { ensureClose } from './precision.ts';
import type { Problem } from './problem.ts';
import { ensure, shown } from './promise-broken.ts';
import { ensureSame } from './same.ts';
import type { Testing } from './test-backend.ts';
import { dot, norm, plus } from './vector.ts';

/** Tests of the questions about f = L(outputs(w)), where they are answered. */
export function compositeChecks(testing: Testing): Check[] {
  const { about, options, tolerance } = testing;
  const { exact } = tolerance;
  const moving: readonly string[] = [...basic, 'value', 'move'];
  const requests = (problem: Problem): readonly (LinearizeRequest | undefined)[] =>
    options.modules === false ? [undefined] : [undefined, ...problem.modules.map((name) => ({ modules: [name] }))];
  const askedFor = (request: object | undefined): string => (request ? ` of ${shown(request)}` : '');

  return [
    about('dimensions', basic, async ({ problem, oracle, start }) => {
      const asked = answering(oracle, 'dimensions');
      for (const request of requests(problem)) {
        const parameters = dot(
          maskOf(problem, request?.modules),
          start.map(() => 1),
        );
        const { samples, outputs, parameters: P } = await asked.dimensions(request);
        // An oracle that knows a loss alone has outputs of its own making.
        const C = typeof oracle.outputs === 'function' ? problem.targets[0]!.length : outputs;
        const expected = { samples: problem.inputs.length, outputs: C, parameters };
        ensureSame({ samples, outputs, parameters: P }, expected, `the dimensions${askedFor(request)}`);
      }
    }),

    about('loss', basic, async (posed) => {
      const { oracle, net, start } = posed;
      const asked = answering(oracle, 'loss');
      ensureClose(await asked.loss(), net.value(start), exact, 'the loss', scalesOf(posed, net, start).value);
    }),

    about('outputs', basic, async (posed) => {
      const { problem, oracle, net, start } = posed;
      const asked = answering(oracle, 'outputs');
      ensureMatrix(await asked.outputs(), net.outputs(start), widthOf(problem), 'the outputs', exact, scalesOf(posed, net, start).outputs); // prettier-ignore
    }),

    about('loss-gradient', basic, async (posed) => {
      const { problem, oracle, net, start } = posed;
      const asked = answering(oracle, 'lossGradient');
      ensureMatrix(await asked.lossGradient(), net.lossGradient(start), widthOf(problem), 'the gradient of the loss in the outputs', exact, scalesOf(posed, net, start).outputs); // prettier-ignore
    }),

    about('loss-hessian', basic, async ({ problem, oracle }) => {
      const asked = answering(oracle, 'lossHessianFactor');
      const [N, C] = [problem.inputs.length, widthOf(problem)];
      const S = await asked.lossHessianFactor();
      ensure(S.rows === N * C && S.columns === C, () => `S is ${S.rows} x ${S.columns}, and not ${N * C} x ${C}`);
      const hessian = Float64Array.from({ length: N * C * C }, (_, i) => {
        const [row, c] = [Math.floor(i / C), i % C];
        const other = Math.floor(row / C) * C + c;
        return dot(S.data.subarray(row * C, row * C + C), S.data.subarray(other * C, other * C + C));
      });
      const identity = hessian.map((_, i) => ((i % (C * C)) % (C + 1) === 0 ? 1 / N : 0));
      ensureClose(hessian, identity, exact, 'S S^T, block by block', 1);
    }),

    about('kernel', basic, async (posed) => {
      const { problem, oracle, net, start } = posed;
      const asked = answering(oracle, 'kernel');
      const [J, NC] = [net.jacobian(start), problem.inputs.length * widthOf(problem)];
      const scale = scalesOf(posed, net, start).jacobian ** 2;
      const part = [problem.inputs.length - 1, ...(problem.inputs.length > 2 ? [0] : [])];
      for (const request of requests(problem))
        for (const samples of [undefined, part]) {
          const about = samples ? { ...request, samples } : request;
          const K = await asked.kernel(about);
          const what = `the kernel${askedFor(about)}`;
          const rows = rowsFor(samples, problem);
          const expected = gram(inEachRow(J, maskOf(problem, request?.modules)), rows, NC);
          ensure(K.rows === rows.length && K.columns === rows.length, () => `${what} is ${K.rows} x ${K.columns}, and not ${rows.length} x ${rows.length}`); // prettier-ignore
          ensureClose(K.data, transpose(K), exact, `${what}, beside its transpose`, scale);
          ensure(
            isSemidefinite(K, 64 * exact * scale),
            () => `${what} is not positive semi-definite: ${shown(K.data)}`,
          );
          ensureClose(K.data, expected, exact, what, scale);
        }
    }),

    about('kernel-product', basic, async (posed) => {
      const { problem, oracle, net, start } = posed;
      const asked = answering(oracle, 'kernelProduct');
      const u = someMatrix(problem);
      for (const request of requests(problem)) {
        const J = inEachRow(net.jacobian(start), maskOf(problem, request?.modules));
        const expected = times(J, transposedTimes(J, u.data, start.length));
        const scale = scalesOf(posed, net, start).jacobian ** 2 * norm(u.data);
        ensureMatrix(await asked.kernelProduct(u, request), expected, u.columns, `J J^T u${askedFor(request)}`, exact, scale); // prettier-ignore
      }
    }),

    about('pullback', moving, async (posed, step) => {
      const { problem, net, start } = posed;
      answering(posed.oracle, 'pullback');
      const u = someMatrix(problem);
      const g = net.gradient(start);
      const scales = scalesOf(posed, net, start);
      for (const request of requests(problem))
        await posing(testing, problem, async ({ oracle, w }) => {
          const whole = transposedTimes(net.jacobian(start), u.data, start.length);
          const d = inModules(problem, whole, request?.modules);
          const at = await answering(oracle).pullback(u, request);
          const what = `pullback(u)${askedFor(request)}`;
          const size = scales.jacobian * norm(u.data);
          ensureClose(at.value, net.value(start), exact, `f of ${what}`, scales.value);
          ensureClose(at.slope, dot(g, d), exact, `the slope of ${what}`, size * scales.gradient);
          const part = inModules(problem, g, request?.modules);
          ensureClose(at.squaredGradientNorm, dot(part, part), exact, `|g|^2 of ${what}`, scales.gradient ** 2);
          await oracle.move(step);
          const scale = scales.parameters + size;
          ensureClose(await w(), plus(start, step, d), exact, `w after ${what}, move(${step})`, scale);
        });
    }),

    about('scaling', [...moving, 'kernel', 'kernel-product', 'pullback'], async (posed, step) => {
      const { problem, oracle, net, start, w } = posed;
      const asked = answering(oracle, 'kernel', 'kernelProduct', 'pullback');
      const [u, NC, P] = [someMatrix(problem), problem.inputs.length * widthOf(problem), start.length];
      const scales = scalesOf(posed, net, start);
      for (const scaling of scalings) {
        const what = `under { scaling: ${shown(scaling)} }`;
        let K: Matrix;
        try {
          K = await asked.kernel({ scaling });
        } catch (error) {
          if (isOverparamError(error)) throw new NotApplicable(`it refuses a scaling: ${error.message}`);
          throw error;
        }
        const D = columnScale(net.jacobian(start), P, scaling);
        const J = net.jacobian(start).map((x, i) => x / Math.sqrt(D[i % P]!));
        const steep = scales.jacobian / Math.sqrt(scaling.min);
        ensureClose(K.data, gram(J, rowsFor(undefined, problem), NC), exact, `the kernel ${what}`, steep ** 2);
        const v = transposedTimes(J, u.data, P);
        const product = (await asked.kernelProduct(u, { scaling })).data;
        ensureClose(product, times(J, v), exact, `J J^T u ${what}`, steep ** 2 * norm(u.data));
      }
      const scaling = scalings[0];
      const D = columnScale(net.jacobian(start), P, scaling);
      const d = transposedTimes(net.jacobian(start), u.data, P).map((x, p) => x / D[p]!);
      await asked.pullback(u, { scaling });
      await oracle.move(step);
      const scale = scales.parameters + (scales.jacobian * norm(u.data)) / scaling.min;
      ensureClose(await w(), plus(start, step, d), exact, `w after pullback(u, { scaling: ${shown(scaling)} }), move(${step})`, scale); // prettier-ignore
    }),

    about('probe-outputs', [...moving, 'outputs'], async (posed, step) => {
      const { problem, oracle, net, start, w } = posed;
      const asked = answering(oracle, 'probeOutputs');
      const there = await reached(testing, problem, step);
      await oracle.linearize();
      const scale = scalesOf(posed, net, there).outputs * scalesOf(posed, net, there).parameters;
      ensureMatrix(await asked.probeOutputs(step), net.outputs(there), widthOf(problem), `probeOutputs(${step})`, exact, scale); // prettier-ignore
      ensureSame(await w(), start, 'the parameters after probeOutputs');
    }),

    about('same-batch', [...moving, 'outputs', 'loss'], async (posed) => {
      const { problem, subject, oracle, start } = posed;
      const asked = answering(oracle, 'outputs', 'loss');
      if (!subject.batch) throw new NotApplicable("the oracle has no 'batch'");
      if (problem.inputs.length < 2) return;
      const first = network(problem, [0]);
      const scales = scalesOf(posed, first, start);
      subject.batch([0]);
      await asked.outputs();
      subject.batch([1]);
      const what = 'when the next batch is ready and the step began with outputs()';
      ensureClose((await asked.outputs()).data, first.outputs(start), exact, `the outputs ${what}`, scales.outputs);
      ensureClose(await asked.loss(), first.value(start), exact, `the loss ${what}`, scales.value);
      const { value: f } = await oracle.linearize();
      ensureClose(f, first.value(start), exact, `f of linearize() ${what}`, scales.value);
    }),

    about('displacement-product', moving, async (posed, step) => {
      const { problem, oracle, net, start, w } = posed;
      const asked = answering(oracle, 'displacementProduct');
      const scales = scalesOf(posed, net, start);
      const C = widthOf(problem);
      const nothing = await asked.displacementProduct();
      ensureMatrix(nothing, net.outputs(start).fill(0), C, 'J (w_0 - w_{-1})', exact);
      await oracle.linearize();
      await oracle.move(step);
      await oracle.finish?.();
      const here = await w();
      const moved = plus(here, -1, start);
      for (const request of requests(problem)) {
        const expected = times(net.jacobian(here), inModules(problem, moved, request?.modules));
        const scale = scalesOf(posed, net, here).jacobian * (norm(moved) + scales.parameters);
        ensureMatrix(await asked.displacementProduct(request), expected, C, `J (w_1 - w_0)${askedFor(request)}`, exact, scale); // prettier-ignore
      }
    }),

    about('pullback-momentum', [...moving, 'pullback', 'displacement-product'], async (posed, step) => {
      const { problem, oracle, net, start, w } = posed;
      const asked = answering(oracle, 'displacementProduct', 'pullback');
      const u = someMatrix(problem);
      await asked.displacementProduct();
      await oracle.linearize();
      await oracle.move(step);
      await oracle.finish?.();
      const here = await w();
      await asked.displacementProduct();
      const { slope } = await asked.pullback(u, { momentum: 0.5 });
      const d = plus(transposedTimes(net.jacobian(here), u.data, here.length), 0.5, plus(here, -1, start));
      const scales = scalesOf(posed, net, here);
      const size = scales.parameters + norm(d);
      ensureClose(slope, dot(net.gradient(here), d), exact, 'the slope of pullback(u, { momentum: 0.5 })', size * scales.gradient); // prettier-ignore
      await oracle.move(step);
      ensureClose(await w(), plus(here, step, d), exact, `w after pullback(u, { momentum: 0.5 }), move(${step})`, size);
    }),

    about('jacobian', basic, async (posed) => {
      const { problem, oracle, net, start } = posed;
      const asked = answering(oracle, 'jacobian');
      const NC = problem.inputs.length * widthOf(problem);
      for (const request of requests(problem)) {
        const mask = maskOf(problem, request?.modules);
        const J = await asked.jacobian(request);
        const P = dot(mask, mask);
        const what = `the Jacobian${askedFor(request)}`;
        ensure(J.rows === NC && J.columns === P, () => `${what} is ${J.rows} x ${J.columns}, and not ${NC} x ${P}`);
        // The order of columns is the oracle's own, and J J^T does not show it.
        const expected = gram(inEachRow(net.jacobian(start), mask), rowsFor(undefined, problem), NC);
        const scale = scalesOf(posed, net, start).jacobian ** 2;
        ensureClose(gram(J.data, rowsFor(undefined, problem), NC), expected, exact, `J J^T of ${what}`, scale);
        const u = someMatrix(problem);
        const lengths = [J.data, inEachRow(net.jacobian(start), mask)].map((data) => norm(transposedTimes(data, u.data, data.length / NC))); // prettier-ignore
        ensureClose(lengths[0]!, lengths[1]!, exact, `|J^T u| of ${what}`, scale * norm(u.data));
      }
    }),

    about('direct', [...moving, 'jacobian'], async (posed, step) => {
      const { problem, net, start } = posed;
      answering(posed.oracle, 'jacobian', 'direct');
      const u = someMatrix(problem);
      for (const request of requests(problem))
        await posing(testing, problem, async ({ oracle, w }) => {
          const asked = answering(oracle);
          const J = await asked.jacobian(request);
          const whole = transposedTimes(net.jacobian(start), u.data, start.length);
          const expected = inModules(problem, whole, request?.modules);
          const scales = scalesOf(posed, net, start);
          const size = scales.jacobian * norm(u.data);
          const what = `direct(J^T u)${askedFor(request)}`;
          const { slope } = await asked.direct(transposedTimes(J.data, u.data, J.columns), request);
          ensureClose(slope, dot(net.gradient(start), expected), exact, `the slope of ${what}`, size * scales.gradient);
          await oracle.move(step);
          ensureClose(await w(), plus(start, step, expected), exact, `w after ${what}, move(${step})`, scales.parameters + size); // prettier-ignore
        });
    }),

    about('sizes', [...moving, 'pullback'], async (posed) => {
      const { problem, oracle, net, start } = posed;
      const asked = answering(oracle, 'sizes', 'pullback');
      const u = someMatrix(problem);
      const scales = scalesOf(posed, net, start);
      const d = transposedTimes(net.jacobian(start), u.data, start.length);
      const g = net.gradient(start);
      for (const request of requests(problem)) {
        await asked.pullback(u, request);
        const { parameters, direction, largestGradient } = await asked.sizes();
        const what = `after pullback(u)${askedFor(request)}`;
        const part = inModules(problem, g, request?.modules);
        ensureClose(parameters, norm(start), exact, `|w| ${what}`, scales.parameters);
        ensureClose(direction, norm(inModules(problem, d, request?.modules)), exact, `|d| ${what}`, scales.jacobian * norm(u.data)); // prettier-ignore
        ensureClose(largestGradient, Math.max(...part.map(Math.abs)), exact, `max |g_i| ${what}`, scales.gradient);
      }
    }),

    about('largest-column', basic, async (posed) => {
      const { problem, oracle, net, start } = posed;
      const asked = answering(oracle, 'largestSquaredColumn');
      for (const request of requests(problem)) {
        const J = inEachRow(net.jacobian(start), maskOf(problem, request?.modules));
        const largest = Math.max(...columnScale(J, start.length, { min: 0, max: Infinity }));
        ensureClose(await asked.largestSquaredColumn(request), largest, exact, `the largest column${askedFor(request)}`, scalesOf(posed, net, start).jacobian ** 2); // prettier-ignore
      }
    }),

    about('module-names', basic, async ({ problem, oracle }) => {
      const asked = answering(oracle, 'modules');
      ensureSame([...(await asked.modules())].sort(), [...problem.modules].sort(), 'the names of all modules');
    }),

    about('module-kernels', basic, async (posed) => {
      const { problem, oracle, net, start } = posed;
      const asked = answering(oracle, 'moduleKernels');
      const modules = [...problem.modules].reverse();
      const [N, C, P] = [problem.inputs.length, widthOf(problem), start.length];
      const J = net.jacobian(start);
      const scales = scalesOf(posed, net, start);
      const [V, g] = [someMatrix(problem), net.lossGradient(start)];
      const cases = [
        ...(typeof oracle.outputs === 'function'
          ? [
              { request: { modules }, rows: J, width: C },
              { request: { modules, along: V }, rows: contracted(J, V.data, C, P), width: 1 },
            ]
          : []),
        { request: { modules, along: 'loss' as const }, rows: contracted(J, g, C, P), width: 1 },
        ...(N > 1 ? [{ request: { modules, along: 'loss' as const, samples: [N - 1] }, rows: contracted(J, g, C, P), width: 1 }] : []), // prettier-ignore
      ];
      for (const { request, rows, width } of cases) {
        const samples = 'samples' in request ? request.samples : undefined;
        const kernels = await asked.moduleKernels(request);
        const what = `the module kernels${askedFor(request)}`;
        ensure(kernels.length === modules.length, () => `${what} are ${kernels.length}, and not ${modules.length}`);
        modules.forEach((name, m) => {
          const wanted = (samples ?? problem.inputs.map((_, n) => n)).flatMap((n) =>
            Array.from({ length: width }, (_, c) => n * width + c),
          );
          const expected = gram(inEachRow(rows, maskOf(problem, [name])), wanted, N * width);
          const scale = scales.jacobian ** 2 * (1 + norm(V.data) ** 2 + scales.outputs ** 2);
          ensureMatrix(kernels[m]!, expected, wanted.length, `that of '${name}' among ${what}`, exact, scale);
        });
      }
    }),
  ];
}

const scalings = [
  { min: 0.5, max: 2 },
  { min: 0.25, max: 64 },
] as const;

const widthOf = ({ targets }: Problem): number => targets[0]!.length;

/** A u of N x C without symmetries. */
function someMatrix(problem: Problem): Matrix {
  const [rows, columns] = [problem.inputs.length, widthOf(problem)];
  return { rows, columns, data: Float64Array.from({ length: rows * columns }, (_, i) => 1 - ((3 * i) % 7) / 2) };
}

function ensureMatrix(
  { rows, columns, data }: Matrix,
  expected: Float64Array,
  width: number,
  what: string,
  tolerance: number,
  scale?: number,
): void {
  const height = expected.length / width;
  ensure(rows === height && columns === width, () => `${what}: ${rows} x ${columns}, and not ${height} x ${width}`);
  ensureClose(data, expected, tolerance, what, scale);
}

/** The rows of J for some samples. */
const rowsFor = (samples: readonly number[] | undefined, problem: Problem): number[] => {
  const C = widthOf(problem);
  return (samples ?? problem.inputs.map((_, n) => n)).flatMap((n) => Array.from({ length: C }, (_, c) => n * C + c));
};

/** A A^T of some rows of A. */
const gram = (A: Float64Array, rows: readonly number[], height: number): Float64Array => {
  const width = A.length / height;
  const chosen = blocksOf(A, width, rows);
  return product(chosen, chosen, width);
};

const inEachRow = (A: Float64Array, mask: Float64Array): Float64Array => A.map((x, i) => x * mask[i % mask.length]!);

const times = (A: Float64Array, v: Float64Array): Float64Array => product(A, v, v.length);

const transpose = ({ rows, data }: Matrix): Float64Array =>
  data.map((_, i) => data[(i % rows) * rows + Math.floor(i / rows)]!);

/** Whether K + slack I has a Cholesky factor. */
function isSemidefinite({ rows: n, data }: Matrix, slack: number): boolean {
  const L = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const inner = dot(L.subarray(i * n, i * n + j), L.subarray(j * n, j * n + j));
      const rest = data[i * n + j]! + (i === j ? slack : 0) - inner;
      if (i === j && !(rest > 0)) return false;
      L[i * n + j] = i === j ? Math.sqrt(rest) : rest / L[j * n + j]!;
    }
  return true;
}
