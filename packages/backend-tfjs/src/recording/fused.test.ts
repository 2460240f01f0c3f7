import { useWasm } from '@overparam/backend-tfjs-wasm';
import { minimize } from '@overparam/core';
import { constantStep, ponos } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { oracle, type Direction } from '../index.ts';

/** The kernels of a few steps and where they lead: a small network whose first layer is the larger. */
async function steps(
  direction: Direction,
  method: typeof ponos | typeof constantStep,
): Promise<{ readonly kernels: ReadonlySet<string>; readonly w: readonly number[] }> {
  const x = tf.randomNormal([12, 30], 0, 1, 'float32', 1);
  const y = tf.randomNormal([12, 1], 0, 1, 'float32', 2);
  const first = tf.tidy(() => tf.variable(tf.randomNormal([30, 7], 0, 0.3, 'float32', 3)));
  const second = tf.tidy(() => tf.variable(tf.randomNormal([7, 1], 0, 0.3, 'float32', 4)));
  const loss = (): tf.Scalar =>
    tf.losses.meanSquaredError(y, tf.matMul(tf.tanh(tf.matMul(x, first)), second)) as tf.Scalar;
  const f = oracle(loss, { variables: [first, second], direction });
  const kernels = new Set<string>();
  const engine = tf.engine() as unknown as { runKernel: (name: string, ...rest: unknown[]) => unknown };
  const runKernel = engine.runKernel;
  engine.runKernel = (name, ...rest) => (kernels.add(name), runKernel.call(engine, name, ...rest));
  try {
    await minimize<object, object, typeof f>(method() as never, f, { steps: 5 });
  } finally {
    delete (engine as Partial<typeof engine>).runKernel;
  }
  const w = [first, second].flatMap((variable) => Array.from(variable.dataSync()));
  f.dispose();
  tf.dispose([x, y, first, second]);
  return { kernels, w };
}

describe('kernels of @overparam/backend-tfjs-wasm', () => {
  it.each([
    ['gradient', ponos, []],
    ['momentum', ponos, []],
    ['adam', constantStep, ['OverparamAdam']],
    ['adamw', constantStep, ['OverparamAdam']],
    ['amsgrad', constantStep, ['OverparamAdam']],
    ['adagrad', constantStep, []],
  ] as const)('%s: taken where they are, and with the same result', async (direction, method, more) => {
    await tf.setBackend('cpu');
    const plain = await steps(direction, method);
    expect([...plain.kernels].filter((name) => name.startsWith('Overparam'))).toEqual([]);
    await useWasm();
    const before = tf.memory().numTensors;
    const fused = await steps(direction, method);
    expect([...fused.kernels].filter((name) => name.startsWith('Overparam')).sort()).toEqual(
      [...more, 'OverparamAxpy', 'OverparamDots'].sort(),
    );
    expect(tf.memory().numTensors).toBe(before);
    fused.w.forEach((value, i) => expect(Math.abs(value - plain.w[i]!)).toBeLessThan(2e-6));
  });
});
