// Programs on threads, and on backends that end.
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { randomTensor as r } from '../../test/backends.ts';
import { bitsOf } from '../../test/heap.ts';
import { installedHost } from '../install.ts';
import { useWasm } from '../use-wasm.ts';
import { capture } from './capture.ts';
import { compileSteps, type StepReport, stepReport } from './compiled-steps.ts';

describe('the life of a program', () => {
  beforeAll(async () => {
    tf.engine().reset();
    await useWasm({ threads: 2 });
  });
  afterAll(() => installedHost()?.dispose());

  const training = () => {
    const w = tf.variable(r(1, [300, 200]));
    const optimizer = tf.train.momentum(0.1, 0.9);
    const x = r(2, [64, 300]) as tf.Tensor2D;
    const step = capture(() => optimizer.minimize(() => tf.mean(tf.square(tf.matMul(x, w as tf.Tensor2D))), true)!);
    return { w, step, dispose: () => [step, optimizer, w, x].forEach((one) => one.dispose()) };
  };

  it('changes nothing when a thread is lost in its middle, and the step can be repeated', () => {
    const { w, step, dispose } = training();
    for (let i = 0; i < 4; i++) step().dispose();
    const variables = (): string[] => Object.values(tf.engine().registeredVariables).map(bitsOf);
    const host = installedHost()!;
    const [before, tensors, share] = [variables(), tf.memory().numTensors, host.share];
    let jobs = 0;
    const lost = vi.spyOn(host, 'share').mockImplementation((...job) => {
      if (++jobs === 2) throw new Error('a thread was lost');
      share(...job);
    });
    expect(() => step()).toThrow('a thread was lost');
    lost.mockRestore();
    expect(variables()).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
    step().dispose();
    expect(variables()).not.toEqual(before);
    expect(step.report().compiled).toBe(3);
    expect(w.isDisposed).toBe(false);
    dispose();
  });

  it('computes steps of `minimize` on threads, to the bit, also when one is lost', async () => {
    const train = (on: boolean): readonly [string[], StepReport] => {
      compileSteps(on);
      const [w, x] = [tf.variable(r(1, [300, 200])), r(2, [64, 300]) as tf.Tensor2D];
      const optimizer = tf.train.momentum(0.1, 0.9);
      const host = installedHost()!;
      const { share } = host;
      const losses = Array.from({ length: 8 }, (_, i) => {
        let jobs = 0;
        // The first job of a step with a program is one of the program.
        const lost = vi.spyOn(host, 'share').mockImplementation((...job) => {
          if (on && i === 5 && ++jobs === 1) throw new Error('a thread was lost');
          share(...job);
        });
        const cost = optimizer.minimize(() => tf.mean(tf.square(tf.matMul(x, w as tf.Tensor2D))), true)!;
        lost.mockRestore();
        return tf.tidy(() => bitsOf(cost));
      });
      const bits = [...losses, ...Object.values(tf.engine().registeredVariables).map(bitsOf)];
      const report = stepReport(optimizer);
      tf.dispose([w, x]);
      tf.disposeVariables();
      optimizer.dispose();
      return [bits, report];
    };
    const [eager] = train(false);
    const [compiled, report] = train(true);
    expect(compiled).toEqual(eager);
    expect(report).toMatchObject({ compiled: 5, eager: 3, reasons: ['a thread was lost'] });
  });

  it('is switched off and on again by useWasm', async () => {
    const w = tf.variable(tf.scalar(1));
    const optimizer = tf.train.sgd(0.1);
    const steps = (): number => {
      for (let i = 0; i < 4; i++) optimizer.minimize(() => tf.square(w) as tf.Scalar);
      return stepReport(optimizer).compiled;
    };
    expect(await useWasm({ programs: false })).toMatchObject({ programs: false });
    expect(await useWasm()).toMatchObject({ programs: false });
    expect(steps()).toBe(0);
    expect(await useWasm({ programs: true })).toMatchObject({ programs: true });
    expect(steps()).toBe(2);
    expect(await useWasm({ programs: false })).toMatchObject({ programs: false });
    expect(stepReport(optimizer).programs).toEqual([]);
    await useWasm({ programs: true });
    optimizer.dispose();
    w.dispose();
  });

  it('is made again for another number of threads, and for a backend that was restarted', async () => {
    let { step, dispose } = training();
    for (let i = 0; i < 3; i++) step().dispose();
    await useWasm({ threads: 1 });
    for (let i = 0; i < 3; i++) step().dispose();
    expect(step.report()).toMatchObject({ compiled: 3, eager: 3, programs: [{ inputs: '' }] });
    dispose();

    const double = capture((x: tf.Tensor) => tf.tidy(() => tf.mul(x, 2)));
    for (let i = 0; i < 2; i++) tf.tidy(() => double(tf.scalar(3)));
    // Everything that tfjs knows is gone, the memory of the programs too.
    tf.engine().reset();
    await useWasm({ threads: 1 });
    for (let i = 0; i < 2; i++) expect(tf.tidy(() => double(tf.scalar(4)).dataSync()[0])).toBe(8);
    double.dispose();

    await tf.setBackend('cpu');
    ({ step, dispose } = training());
    step().dispose();
    expect(step.report().reasons).toEqual(['the kernels of useWasm() are not in use']);
    dispose();
  });
});
