import { minimize, type Method } from '@overparam/core';
import { ponos, slsAccelerated } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import { createRequire } from 'node:module';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adam, adamw, momentum, optimizer, oracle, type Direction } from './index.ts';

const coded = (code: string, message?: RegExp): unknown =>
  expect.objectContaining({
    name: 'OverparamError',
    code,
    ...(message && { message: expect.stringMatching(message) as unknown }),
  });

describe('clear errors', () => {
  let w: tf.Variable;
  const step = (loss: () => unknown, variables: tf.Variable[] = [w]): void =>
    void optimizer(ponos()).minimize(loss as () => tf.Scalar, false, variables);
  const square = (): tf.Scalar => tf.sum(tf.square(w)) as tf.Scalar;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
  });
  afterEach(() => {
    expect(Array.from(w.dataSync())).toEqual([1, 2]);
    // None of them leaves an optimizer or tfjs unusable.
    const copy = tf.variable(w.clone());
    optimizer(ponos()).minimize(() => tf.sum(tf.square(copy)) as tf.Scalar, false, [copy]);
    expect(Array.from(copy.dataSync())).not.toEqual([1, 2]);
    copy.dispose();
  });

  it('an empty list of variables, or one without trainable ones', () => {
    expect(() => step(square, [])).toThrow(coded('NO_VARIABLES'));
    const frozen = tf.variable(tf.scalar(1), false);
    expect(() => step(square, [frozen])).toThrow(coded('NO_VARIABLES'));
  });

  it('variables that the loss does not depend on', () => {
    const other = tf.variable(tf.scalar(1), true, 'other');
    expect(() => step(square, [other])).toThrow(
      coded('UNCONNECTED', /does not depend on any of the variables \(other\)/),
    );
    expect(() => step(() => tf.scalar(1))).toThrow(coded('UNCONNECTED'));
    other.dispose();
  });

  it('a disposed variable', () => {
    const gone = tf.variable(tf.scalar(1), true, 'gone');
    gone.dispose();
    expect(() => step(square, [w, gone])).toThrow(coded('DISPOSED_VARIABLE', /'gone' is disposed/));
  });

  it('a variable that is not float32', () => {
    const counter = tf.variable(tf.scalar(1, 'int32'), true, 'counter');
    expect(() => step(square, [w, counter])).toThrow(coded('NOT_FLOAT', /'counter' is of type int32/));
    counter.dispose();
  });

  it('a loss that is not a scalar', () => {
    expect(() => step(() => tf.square(w))).toThrow(coded('LOSS_NOT_SCALAR', /shape \[2\]/));
    expect(() => step(() => undefined)).toThrow(coded('LOSS_NOT_SCALAR', /returned undefined/));
    expect(() => step(() => 3)).toThrow(coded('LOSS_NOT_SCALAR', /returned 3/));
  });

  it('a loss that returns a promise', () => {
    expect(() => step(async () => square())).toThrow(coded('LOSS_ASYNC'));
    expect(() => step(() => Promise.reject(new Error('unheard')))).toThrow(coded('LOSS_ASYNC'));
  });

  it('a loss that throws: its own error', () => {
    const own = new Error('own');
    expect(() =>
      step(() => {
        throw own;
      }),
    ).toThrow(own);
  });

  it('a loss that minimizes', () => {
    expect(() => step(() => (step(square), square()))).toThrow(coded('NESTED_MINIMIZE'));
    const same = optimizer(ponos());
    const nested = (): tf.Scalar => (same.minimize(square, false, [w]), square());
    expect(() => same.minimize(nested, false, [w])).toThrow(coded('NESTED_MINIMIZE'));
  });

  it('a loss that assigns to what it is minimized over', () => {
    expect(() => step(() => (w.assign(tf.zeros([2])), square()))).toThrow(coded('PARAMETER_WRITTEN', /'w'/));
  });

  it('an operation without a gradient: the error of tfjs, which names it', () => {
    expect(() => step(() => tf.sum(tf.topk(w, 1).values))).toThrow(/not found for TopK/);
  });

  it('a second copy of tfjs-core', () => {
    // Copies share an engine through globalThis; bundles, iframes and test runners with a global of their own do not.
    const globals = globalThis as unknown as Record<string, unknown>;
    const shared = { _tfengine: globals['_tfengine'], _tfGlobals: globals['_tfGlobals'] };
    Object.keys(shared).forEach((key) => delete globals[key]);
    const copy = createRequire(import.meta.url)('@tensorflow/tfjs-core/dist/tf-core.min.js') as typeof tf;
    Object.assign(globals, shared);
    copy.registerBackend('theirs', () => tf.backend());
    const foreign = copy.variable(copy.scalar(1), true, 'foreign');
    expect(() => step(square, [w, foreign])).toThrow(coded('TWO_COPIES', /'foreign' was made by another copy/));
    foreign.dispose();
  });

  it('a question before its time, or with a step that is no number', () => {
    const o = oracle(square, { variables: [w] });
    expect(() => o.probe(1)).toThrow(coded('NOT_LINEARIZED', /'probe' was asked before 'linearize'/));
    void o.linearize();
    expect(() => o.moveExtragradient(1)).toThrow(coded('NOT_LINEARIZED', /before 'probeGradient'/));
    expect(() => o.move(NaN)).toThrow(coded('BAD_OPTION', /The step of 'move' is NaN: it takes a finite number/));
    expect(() => o.probe(Infinity)).toThrow(coded('BAD_OPTION'));
    void o.abandon?.();
    o.dispose();
  });

  it('bad options, at construction', () => {
    expect(() => optimizer(ponos(), { direction: 'sideways' as Direction })).toThrow(
      coded('BAD_OPTION', /direction is "sideways": it takes a direction rule, or one of gradient, momentum/),
    );
    expect(() => adam({ beta1: 1 })).toThrow(coded('BAD_OPTION', /beta1 is 1/));
    expect(() => momentum({ beta: -0.1 })).toThrow(coded('BAD_OPTION'));
    expect(() => adamw({ weightDecay: Infinity })).toThrow(coded('BAD_OPTION'));
    const asking = { ...ponos(), needs: ['linearize', 'kernel'] } as unknown as Method<object, object>;
    expect(() => optimizer(asking)).toThrow(
      coded('MISSING_QUESTION', /asks about a model's outputs \(kernel\).*train with fit\(method, \{ model/),
    );
    expect(() => optimizer(slsAccelerated())).not.toThrow();
  });

  it('a backend that cannot read synchronously: the way that works', async () => {
    const Cpu = tf.backend().constructor as new () => tf.KernelBackend;
    class Asynchronous extends Cpu {
      override readSync(): never {
        throw new Error('readSync is not supported');
      }
      override async read(id: object): Promise<Float32Array> {
        return super.readSync(id) as Float32Array;
      }
    }
    tf.copyRegisteredKernels('cpu', 'asynchronous');
    tf.registerBackend('asynchronous', () => new Asynchronous());
    await tf.setBackend('asynchronous');
    try {
      const v = tf.variable(tf.tensor1d([1, 2]));
      const loss = (): tf.Scalar => tf.sum(tf.square(v)) as tf.Scalar;
      expect(() => optimizer(ponos()).minimize(loss, false, [v])).toThrow(
        coded('NO_SYNC_READ', /'asynchronous' cannot read values synchronously.*asynchronous: true/),
      );
      const o = oracle(loss, { variables: [v], asynchronous: true });
      const { report } = await minimize(ponos(), o, { steps: 3 });
      expect(report!.value).toBeLessThan(5);
      o.dispose();
      v.dispose();
    } finally {
      await tf.setBackend('cpu');
      tf.removeBackend('asynchronous');
    }
  });

  it('no gradients registered, as with tfjs-core alone: what to import', () => {
    const multiply = tf.getGradient('Multiply');
    tf.unregisterGradient('Multiply');
    try {
      expect(() => step(square)).toThrow(
        coded('NO_GRADIENTS', /Import '@tensorflow\/tfjs' or '@tensorflow\/tfjs-layers'/),
      );
    } finally {
      tf.registerGradient(multiply);
    }
  });
});
