import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultDevice, init, numpy as np } from '@jax-js/jax';
import { testBackend, testMethod, type Problem, type Subject } from '@overparam/conformance';
import { minimize } from '@overparam/core';
import { ponos } from '@overparam/polyak-nonmonotone';
import { jaxOracle, type Loss } from '../src/jax-oracle.ts';

await init('wasm');
defaultDevice('wasm');

const array = (rows: Problem['inputs']): np.Array => np.array(rows.map((row) => [...row]));

function subject({ inputs, targets, weights, modules }: Problem): Subject {
  let samples = inputs.map((_, n) => n);
  const next = (): Loss => {
    const [x, y] = [inputs, targets].map((rows) => array(samples.map((n) => rows[n]!)));
    const N = samples.length;
    return (w) => {
      const outputs = modules.reduce((a, name, k) => np.matmul(k > 0 ? np.tanh(a) : a, w[name]!), x!.ref);
      const residuals = outputs.sub(y!.ref);
      return np
        .square(residuals)
        .sum()
        .mul(0.5 / N);
    };
  };
  const start = Object.fromEntries(modules.map((name, k) => [name, array(weights[k]!)]));
  const oracle = jaxOracle(next, start);
  return {
    oracle,
    read: async () =>
      (await Promise.all(modules.map(async (name) => [...(await oracle.weights()[name]!.ref.data())]))).flat(),
    batch: (chosen) => void (samples = [...chosen]),
    dispose: () => oracle.dispose(),
  };
}

const runner = { describe, it };
testBackend(subject, { runner, name: 'jax-js', precision: 'float32', answers: ['probeGradient'], runs: 5 });
testMethod(ponos(), { runner, makeOracle: subject, runs: 3 });

it('PoNoS fits a curve on jax-js', async () => {
  const x = Array.from({ length: 16 }, (_, n) => [n / 8 - 1, 1]);
  const loss: Loss = ({ a, b }) =>
    np.square(np.matmul(np.tanh(np.matmul(array(x), a!)), b!).sub(array(x.map(([t]) => [Math.sin(2 * t!)])))).mean();
  const wave = (m: number, n: number): np.Array => array(Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => Math.sin(7 * i + 3 * j + 1)))); // prettier-ignore
  const oracle = jaxOracle(() => loss, { a: wave(2, 8), b: wave(8, 1) });
  const { report } = await minimize(ponos(), oracle, { steps: 150 });
  assert.ok(report!.value < 0.01, `f = ${report!.value}`);
});
