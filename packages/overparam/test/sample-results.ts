import { random } from '../src/training/random.ts';
import type { Results, RunResult } from '../src/results/results.ts';

/** Results as a session would make them, for tests of what is shown. */
export function sampleResults({ methods = ['ponos', 'adam'], seeds = [0, 1, 2], epochs = 3 } = {}): Results {
  const uniform = random(5);
  const stepsPerEpoch = 4;
  const run = (method: string, seed: number): RunResult => {
    const points = Array.from({ length: epochs * stepsPerEpoch }, (_, i) => i + 1);
    return {
      method,
      label: method === 'ponos' ? 'PoNoS' : method,
      seed,
      stopped: 'epochs',
      stepsPerEpoch,
      epochs: Array.from({ length: epochs + 1 }, (_, epoch) => ({
        epoch,
        step: epoch * stepsPerEpoch,
        seconds: epoch * (1 + uniform()),
        trainLoss: Math.exp(-epoch) * (1 + uniform()),
        testLoss: 1,
        testAccuracy: (1 - Math.exp(-epoch)) * (0.8 + 0.1 * uniform()),
        backtracks: epoch,
        evaluations: 2 * epoch,
      })),
      trace: {
        step: points,
        seconds: points.map((i) => i / 4),
        loss: points.map((i) => Math.exp(-i / 4) * (1 + uniform())),
        backtracks: points.map(() => uniform()),
        evaluations: points.map(() => 1 + uniform()),
        stepSize: points.map(() => 10 ** -(3 * uniform())),
      },
      parameters: { count: 100, sha256: 'b'.repeat(64) },
    };
  };
  return {
    format: 'overparam-results',
    version: 1,
    title: 'Fashion-MNIST',
    source: 'a paper',
    finished: '2025-01-01T00:00:00.000Z',
    environment: { node: 'v20.19.0', tfjs: '4.22.0', platform: 'linux x64', processor: 'a processor' },
    plan: {
      experiment: 'fashion-mnist',
      model: 'mlp-8',
      batch: 32,
      epochs,
      methods,
      seeds,
      backend: 'wasm',
      data: 'a'.repeat(64),
    },
    samples: { train: 128, test: 20, features: 784, classes: 10 },
    runs: seeds.flatMap((seed) => methods.map((method) => run(method, seed))),
  };
}
