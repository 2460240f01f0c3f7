import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composite, denseNetwork, squaredError } from '@overparam/backend-float64';
import { testMethod } from '@overparam/conformance';
import { minimize } from '@overparam/core';
import { mat } from '@overparam/mntk-mat';
import { barzilaiBorwein } from '../src/barzilai-borwein.ts';

const runner = { describe, it };

testMethod(barzilaiBorwein(), { runner, claims: { converges: { steps: 60, to: 1e-10 } } });
testMethod(mat(barzilaiBorwein(), { every: 2, alpha: 0.5 }), { runner, layers: 2, runs: 5 });

it('trains the modules that MAT chooses, on the float64 backend', async () => {
  const x = Float64Array.from({ length: 12 }, (_, n) => n / 6 - 1);
  const model = denseNetwork({
    inputs: { rows: 12, columns: 1, data: x },
    layers: [{ units: 20, activation: 'tanh' }, { units: 1 }],
  });
  const oracle = composite({
    model,
    loss: squaredError(x.map((t) => Math.sin(3 * t))),
    start: Array.from({ length: model.parameters }, (_, p) => Math.sin(p * p) / 2),
  });
  const before = oracle.loss();
  await minimize(mat(barzilaiBorwein(), { every: 10, alpha: 0.5 }), oracle, { steps: 200 });
  assert.ok(oracle.loss() < before / 100, `${oracle.loss()} of ${before}`);
});
