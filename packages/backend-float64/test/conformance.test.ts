import type { Matrix } from '@overparam/core';
import { testBackend, type Problem, type Rows } from '@overparam/conformance';
import { composite, denseNetwork, functionOracle, squaredError } from '@overparam/backend-float64';
import { describe, it } from 'vitest';

const runner = { describe, it };
const matrix = (rows: Rows): Matrix => ({
  rows: rows.length,
  columns: rows[0]!.length,
  data: Float64Array.from(rows.flat()),
});

function network({ inputs, weights, modules }: Problem) {
  const last = weights.length - 1;
  const layers = weights.map((W, k) => ({
    units: W[0]!.length,
    activation: k < last ? ('tanh' as const) : ('linear' as const),
    bias: false,
    name: modules[k]!,
  }));
  return denseNetwork({ inputs: matrix(inputs), layers });
}

const start = ({ weights }: Problem): number[] => weights.flat(2);

testBackend(
  (problem) => {
    const oracle = composite({
      model: network(problem),
      loss: squaredError(matrix(problem.targets)),
      start: start(problem),
    });
    return { oracle, read: () => oracle.parameters() };
  },
  {
    runner,
    name: 'float64, a network',
    answers: ['kernel', 'kernelProduct', 'pullback', 'displacementProduct', 'jacobian', 'sizes', 'moduleKernels'],
  },
);

testBackend(
  (problem) => {
    const model = network(problem);
    const loss = squaredError(matrix(problem.targets));
    const f = (w: Float64Array): { value: number; gradient: Float64Array } => {
      const tangent = model.at(w);
      const u = loss.gradient(tangent.outputs);
      return { value: loss.value(tangent.outputs), gradient: tangent.pull(u, Object.values(model.modules)) };
    };
    const oracle = functionOracle(f, start(problem), { modules: model.modules });
    return { oracle, read: () => oracle.parameters() };
  },
  {
    runner,
    name: 'float64, a function',
    answers: ['probeGradient', 'moveExtragradient', 'moveHeavyBall', 'moveNesterov'],
  },
);
