import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import * as fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { differentiate } from './differentiate.ts';
import { record, type Recording } from './recording.ts';

const recorded = (loss: () => tf.Tensor, variables: tf.Variable[]): Recording => {
  let recording: Recording | undefined;
  const { value, gradients } = differentiate(() => (recording = record(loss, variables)).value, variables);
  tf.dispose([value, ...gradients.flatMap((gradient) => gradient ?? [])]);
  return recording!;
};
const valuesOf = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

/** A new tensor of the tensors so far, all of them 3 x 3. */
type Operation = (pick: (index: number) => tf.Tensor, indices: readonly number[]) => tf.Tensor;

const doubled = tf.customGrad((x, save) => {
  (save as tf.GradSaveFunc)([x as tf.Tensor]);
  return { value: tf.mul(x as tf.Tensor, 2), gradFunc: (dy, [saved]) => tf.mul(dy, tf.cos(saved!)) };
});
const operations: Record<string, Operation> = {
  add: (pick, [a, b]) => tf.add(pick(a!), pick(b!)),
  matMul: (pick, [a, b]) => tf.matMul(pick(a!) as tf.Tensor2D, pick(b!) as tf.Tensor2D, b! % 2 === 1, a! % 2 === 1),
  tanh: (pick, [a]) => tf.tanh(pick(a!)),
  relu: (pick, [a]) => tf.relu(pick(a!)),
  softmax: (pick, [a]) => tf.softmax(pick(a!)),
  logSoftmax: (pick, [a]) => tf.logSoftmax(pick(a!)),
  clone: (pick, [a]) => tf.clone(pick(a!)),
  innerGradient: (pick, [a]) => tf.grad((x) => tf.sum(tf.mul(tf.square(x), x)))(pick(a!)),
  custom: (pick, [a]) => doubled(pick(a!)),
  splitAndConcat: (pick, [a, b]) => {
    const [left, , right] = tf.split(pick(a!), 3, 1);
    return tf.concat([right!, tf.slice(pick(b!), [0, 0], [3, 1]), left!], 1);
  },
  stack: (pick, [a, b]) => tf.mean(tf.stack([pick(a!), pick(b!), pick(a!)]), 0),
  tidy: (pick, [a, b]) => tf.tidy(() => tf.mul(tf.transpose(pick(a!)), tf.sigmoid(pick(b!)))),
  constant: () => tf.fill([3, 3], 0.25),
  masked: (pick, [a]) => tf.mul(pick(a!), tf.cast(tf.greater(pick(0), 0), 'float32')),
  fresh: (pick, [a]) => tf.add(pick(a!), tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3])),
};

describe.each(['cpu', 'wasm'])('a recording on %s', (backend) => {
  let before = 0;
  beforeAll(async () => {
    await tf.setBackend(backend);
  });
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    tf.disposeVariables();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('of any graph is the loss to the bit, there and elsewhere, and so are its gradients', () => {
    const names = Object.keys(operations);
    const graph = fc.array(fc.record({ name: fc.constantFrom(...names), a: fc.nat(20), b: fc.nat(20) }), {
      minLength: 1,
      maxLength: 12,
    });
    const data = tf.randomNormal([3, 3], 0, 1, 'float32', 3);
    const variables = [1, 2].map((seed) =>
      tf.tidy(() => tf.variable(tf.randomNormal([3, 3], 0, 0.5, 'float32', seed))),
    );
    const elsewhere = [4, 5].map((seed) => tf.randomNormal([3, 3], 0, 0.5, 'float32', seed));
    fc.assert(
      fc.property(graph, (graph) => {
        // The data comes first, so that masks do not depend on the variables; all results go into the loss.
        const lossOf = (variables: readonly tf.Tensor[]) => (): tf.Scalar => {
          const tensors: tf.Tensor[] = [data, ...variables];
          for (const { name, a, b } of graph)
            tensors.push(operations[name]!((index) => tensors[index % tensors.length]!, [a, b]));
          return tf.mean(tf.square(tf.addN(tensors.slice(1)))) as tf.Scalar;
        };
        const recording = recorded(lossOf(variables), variables);
        const [here, there] = [recording.replay(variables), recording.replay(elsewhere)];
        const moved = elsewhere.map((tensor) => tf.variable(tensor));
        const expectedHere = differentiate(lossOf(variables), variables);
        const expectedThere = differentiate(lossOf(moved), moved);
        expect(valuesOf(here)).toEqual(valuesOf(expectedHere.value));
        expect(valuesOf(there)).toEqual(valuesOf(expectedThere.value));
        const replayed = recording.differentiate(elsewhere);
        expect(valuesOf(replayed.value)).toEqual(valuesOf(expectedThere.value));
        expect(replayed.gradients.map((gradient) => valuesOf(gradient!))).toEqual(
          expectedThere.gradients.map((gradient) => valuesOf(gradient!)),
        );
        recording.dispose();
        tf.dispose([
          here,
          there,
          moved,
          ...[expectedHere, expectedThere, replayed].flatMap((at) => [at.value, ...(at.gradients as tf.Tensor[])]),
        ]);
      }),
      { seed: 3, numRuns: 60 },
    );
    tf.dispose([data, elsewhere]);
  });

  it('of a loss with a gradient in it', () => {
    const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2, 3])));
    const loss = (at: tf.Tensor) => (): tf.Tensor =>
      tf.sum(tf.square(tf.grad((x) => tf.sum(tf.mul(tf.square(x), x)))(at)));
    const recording = recorded(loss(w), [w]);
    const there = tf.tensor1d([2, 1, -1]);
    const moved = tf.variable(there);
    const expected = differentiate(loss(moved), [moved]);
    const replayed = recording.differentiate([there]);
    expect(valuesOf(replayed.value)).toEqual(valuesOf(expected.value));
    expect(valuesOf(replayed.gradients[0]!)).toEqual(valuesOf(expected.gradients[0]!));
    recording.dispose();
    tf.dispose([there, expected as never, replayed as never]);
  });

  it('frees what it computed as soon as nothing needs it', () => {
    const w = tf.tidy(() => tf.variable(tf.ones([100])));
    const chain = (): tf.Tensor => {
      let x: tf.Tensor = w;
      for (let k = 0; k < 30; k++) x = k % 3 ? tf.sin(x) : tf.reshape(x, [10, 10]);
      return tf.sum(x);
    };
    const recording = recorded(chain, [w]);
    const counts: number[] = [];
    const { runKernel } = tf.engine();
    tf.engine().runKernel = ((...kernel: Parameters<typeof runKernel>) => {
      counts.push(tf.memory().numTensors);
      return runKernel.apply(tf.engine(), kernel);
    }) as typeof runKernel;
    recording.replay([w]).dispose();
    tf.engine().runKernel = runKernel;
    expect(Math.max(...counts) - Math.min(...counts)).toBe(1);
    recording.dispose();
  });

  it('holds none of the constants that the loss does not need', () => {
    const w = tf.tidy(() => tf.variable(tf.scalar(2)));
    const before = tf.memory().numTensors;
    const recording = recorded(() => {
      tf.mul(w, tf.scalar(3));
      return tf.square(w);
    }, [w]);
    expect(tf.memory().numTensors).toBe(before);
    recording.dispose();
  });

  it('notices values that come by way of a variable that the loss assigns to', () => {
    const [w, slow] = tf.tidy(() => [tf.variable(tf.scalar(2)), tf.variable(tf.scalar(1), false)]);
    const loss = (): tf.Tensor => {
      slow!.assign(tf.square(w!));
      return tf.mul(slow!, w!);
    };
    const recording = recorded(loss, [w!]);
    expect(recording.replayable).toBe(false);
    recording.dispose();
    // As the statistics of a normalization that serves twice: the loss does not need them.
    const aside = recorded(
      () => (loss(), tf.tidy(() => slow!.assign(tf.mul(slow!, 0.5) as tf.Scalar)), tf.square(w!)),
      [w!],
    );
    expect(aside.replayable).toBe(true);
    aside.dispose();
  });

  it('takes a variable that the loss assigns to with the value that it had at each use', () => {
    const [w, counter] = tf.tidy(() => [tf.variable(tf.scalar(2)), tf.variable(tf.scalar(1), false)]);
    const recording = recorded(() => {
      const first = tf.mul(w!, counter!);
      counter!.assign(tf.scalar(10));
      return tf.add(first, tf.mul(w!, counter!));
    }, [w!]);
    expect(recording.replayable).toBe(true);
    const there = recording.replay([w!]);
    expect(valuesOf(there)).toEqual([22]);
    there.dispose();
    recording.dispose();
  });

  it('notices a read of what depends on the variables, directly or through others, and of nothing else', () => {
    const w = tf.tidy(() => tf.variable(tf.scalar(2)));
    const data = tf.scalar(5);
    const reads = (read: () => unknown): boolean => {
      const recording = recorded(() => (read(), tf.square(w)), [w]);
      recording.dispose();
      return !recording.replayable;
    };
    expect(reads(() => undefined)).toBe(false);
    expect(reads(() => tf.add(data, 1).dataSync())).toBe(false);
    expect(reads(() => w.dataSync())).toBe(true);
    expect(reads(() => tf.reshape(w, [1]).arraySync())).toBe(true);
    expect(reads(() => tf.relu(tf.mul(w, data)).bufferSync())).toBe(true);
    data.dispose();
  });

  it('leaves the engine as it was, also when the loss throws', () => {
    const own = Object.keys(tf.engine());
    const w = tf.tidy(() => tf.variable(tf.scalar(2)));
    recorded(() => tf.square(w), [w]).dispose();
    expect(() =>
      record(() => {
        throw new Error('broken');
      }, [w]),
    ).toThrow('broken');
    expect(Object.keys(tf.engine())).toEqual(own);
  });
});
