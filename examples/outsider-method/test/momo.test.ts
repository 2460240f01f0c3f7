import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composite, denseNetwork, squaredError } from '@overparam/backend-float64';
import { testMethod } from '@overparam/conformance';
import { minimize, run } from '@overparam/core';
import { mat } from '@overparam/mntk-mat';
import { momo } from '../src/momo.ts';

const runner = { describe, it };

testMethod(momo({ beta: 0.5 }), { runner, claims: { converges: { steps: 100, to: 1e-6 } } });
testMethod(momo(), { runner, runs: 5, claims: { converges: { steps: 400, to: 1e-2 } } });
testMethod(mat(momo(), { every: 2, alpha: 0.5 }), { runner, layers: 2, runs: 5 });

/** A network on twelve points of a sine. */
function sine() {
  const x = Float64Array.from({ length: 12 }, (_, n) => n / 6 - 1);
  const inputs = { rows: 12, columns: 1, data: x };
  const model = denseNetwork({ inputs, layers: [{ units: 20, activation: 'tanh' }, { units: 1 }] });
  const start = Array.from({ length: model.parameters }, (_, p) => Math.sin(p * p) / 2);
  return composite({ model, loss: squaredError(x.map((t) => Math.sin(3 * t))), start });
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);

it('takes the steps of the listing in the paper, which has d and gamma', () => {
  const [beta, alpha] = [0.9, 1];
  const oracle = sine();
  const gradientAt = (): Float64Array => {
    const [J, u] = [oracle.jacobian(), oracle.lossGradient()];
    return Float64Array.from({ length: J.columns }, (_, p) =>
      u.data.reduce((sum, v, i) => sum + v * J.data[i * J.columns + p]!, 0),
    );
  };
  const method = momo({ beta, alpha });
  let state = method.init();
  let [d, mean, gamma] = [gradientAt(), oracle.loss(), 0];
  gamma = dot(d, oracle.parameters());
  for (let k = 0; k < 30; k++) {
    const [f, g, x] = [oracle.loss(), gradientAt(), oracle.parameters()];
    if (k > 0) {
      d = d.map((v, p) => beta * v + (1 - beta) * g[p]!);
      mean = beta * mean + (1 - beta) * f;
      gamma = beta * gamma + (1 - beta) * dot(g, x);
    }
    const tau = Math.min(alpha, Math.max(mean + dot(d, x) - gamma, 0) / dot(d, d));
    const step = run(method, oracle, state);
    state = step.state;
    assert.ok(Math.abs(step.report.step - tau) <= 1e-9 * tau, `step ${k}: ${step.report.step} and ${tau}`);
    oracle.parameters().forEach((v, p) => assert.ok(Math.abs(v - (x[p]! - tau * d[p]!)) < 1e-9, `w after step ${k}`));
  }
});

it('trains the modules that MAT chooses, on the float64 backend', async () => {
  const oracle = sine();
  const before = oracle.loss();
  await minimize(mat(momo(), { every: 20, alpha: 0.5 }), oracle, { steps: 400 });
  assert.ok(oracle.loss() < before / 20, `${oracle.loss()} of ${before}`);
});
