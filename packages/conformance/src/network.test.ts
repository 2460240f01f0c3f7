import fc from 'fast-check';
import { expect, it } from 'vitest';
import { flatWeights, network } from './network.ts';
import { derivative, toleranceOf } from './precision.ts';
import { slopingProblems } from './problem.ts';
import { dot, plus } from './vector.ts';

const { difference } = toleranceOf('float64');

it.each([1, 2, 3])(
  'the Jacobian and the gradient are the finite differences of outputs and f, with %d layers',
  async (layers) => {
    await fc.assert(
      fc.asyncProperty(slopingProblems({ layers }), async (problem) => {
        const net = network(problem);
        const w = flatWeights(problem);
        const [J, g] = [net.jacobian(w), net.gradient(w)];
        const outputs = net.outputs(w);
        for (let p = 0; p < w.length; p++) {
          const along = w.map((_, q) => (q === p ? 1 : 0));
          for (let i = 0; i < outputs.length; i++) {
            const measured = await derivative((t) => net.outputs(plus(w, t, along))[i]!, difference / 4);
            expect(measured).toBeCloseTo(J[i * w.length + p]!, 9);
          }
          expect(await derivative((t) => net.value(plus(w, t, along)), difference / 4)).toBeCloseTo(g[p]!, 8);
        }
        const losses = net.losses(w);
        expect(losses.reduce((sum, l) => sum + l, 0) / losses.length).toBeCloseTo(net.value(w), 12);
      }),
      { seed: 1, numRuns: 10 },
    );
  },
);

it('f is half the mean square of the residuals', () => {
  const problem = { inputs: [[1, 2]], targets: [[1]], weights: [[[3], [4]]], modules: ['layer1'], noise: false };
  const net = network(problem);
  const w = flatWeights(problem);
  expect(Array.from(net.outputs(w))).toEqual([11]);
  expect(net.value(w)).toBe(50);
  expect(Array.from(net.gradient(w))).toEqual([10, 20]);
  expect(dot(net.lossGradient(w), [1])).toBe(10);
});
