import { ponosAdam } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { adamw, knownEnd, optimizer, type Direction } from '@overparam/backend-tfjs';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => {
  tf.disposeVariables();
  vi.restoreAllMocks();
});

/** sin on [-2, 2], 64 points. */
const data = () => {
  const x = tf.linspace(-2, 2, 64).reshape([64, 1]) as tf.Tensor2D;
  return { x, y: tf.sin(x) as tf.Tensor2D };
};

/** A network of 1-16-1 with tanh from a seed, trained on batches of some size; the losses of all points before and after. */
function trained(direction: Direction, { batch, steps }: { readonly batch: number; readonly steps: number }) {
  const { x, y } = data();
  const [W1, b1, W2] = [
    tf.variable(tf.randomNormal([1, 16], 0, 1, 'float32', 1)),
    tf.variable(tf.zeros([16])),
    tf.variable(tf.randomNormal([16, 1], 0, 0.3, 'float32', 2)),
  ];
  const out = (x: tf.Tensor2D): tf.Tensor => tf.matMul(tf.tanh(tf.add(tf.matMul(x, W1 as never), b1)), W2 as never);
  const mean = (x: tf.Tensor2D, y: tf.Tensor2D): tf.Scalar => tf.mean(tf.squaredDifference(out(x), y));
  const whole = (): number => tf.tidy(() => mean(x, y).dataSync()[0]!);
  const made = optimizer(ponosAdam({ steps }), { direction });
  const before = whole();
  for (let k = 0; k < steps; k++) {
    // Every batch takes points from the whole interval.
    const rows = tf.tensor1d(
      Array.from({ length: batch }, (_, i) => (i * Math.floor(64 / batch) + 7 * k) % 64),
      'int32',
    );
    made.minimize(() => mean(tf.gather(x, rows), tf.gather(y, rows)), false, [W1, b1, W2]);
    rows.dispose();
  }
  const after = whole();
  const { eta } = made.state;
  made.dispose();
  tf.dispose([x, y]);
  return { before, after, eta: eta! };
}

describe('ponosAdam', () => {
  it.each<[string, Direction]>([
    ['adam', 'adam'],
    ['amsgrad', 'amsgrad'],
    ['adagrad', 'adagrad'],
    ['adamw', adamw({ weightDecay: 0.01 })],
    ['momentum', 'momentum'],
    ['gradient', 'gradient'],
  ])('trains along %s', (_, direction) => {
    const { before, after } = trained(direction, { batch: 16, steps: 300 });
    expect(after).toBeLessThan(before / 20);
  });

  it.each([1, 2, 4])('trains on batches of %i', (batch) => {
    const { before, after } = trained('adam', { batch, steps: 600 });
    expect(after).toBeLessThan(before / 20);
  });

  it('makes trials on the same dropout masks, with batch normalization beside', async () => {
    let draws = 1;
    // What unseeded dropout draws from: a linear congruential generator (Park and Miller).
    vi.spyOn(Math, 'random').mockImplementation(() => (draws = (draws * 48271) % 2147483647) / 2147483647);
    const { x, y } = data();
    const model = tf.sequential();
    model.add(tf.layers.dense({ units: 16, activation: 'tanh', inputShape: [1], kernelInitializer: tf.initializers.glorotNormal({ seed: 1 }) })); // prettier-ignore
    model.add(tf.layers.batchNormalization());
    model.add(tf.layers.dropout({ rate: 0.1 }));
    model.add(tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotNormal({ seed: 2 }) }));
    const reports: { ratio: number | null; forwards: number }[] = [];
    const made = optimizer(ponosAdam(), { direction: 'adam', onReport: (report) => reports.push(report) });
    model.compile({ optimizer: made, loss: 'meanSquaredError' });
    const { history } = await model.fit(x, y, { epochs: 25, batchSize: 16, shuffle: false, verbose: 0, callbacks: knownEnd(made) }); // prettier-ignore
    const losses = history['loss'] as number[];
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    // Other masks would give ratios of noise: far from 1 on either side.
    const first = reports.slice(0, 10).flatMap(({ ratio }) => ratio ?? []);
    expect(first.length).toBeGreaterThan(5);
    for (const ratio of first) expect(ratio).toBeGreaterThan(0.9);
    made.dispose();
    tf.dispose([x, y]);
  });
});
