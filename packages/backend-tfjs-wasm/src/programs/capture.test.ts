import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { builds, randomTensor as r, startOurs } from '../../test/backends.ts';
import { bitsOf, leftBehind } from '../../test/heap.ts';
import { type KernelHost, memoryOf } from '../kernels/host.ts';
import { registerOptimizers } from '../optimizers/register.ts';
import { capture } from './capture.ts';

const optimizers: Readonly<Record<string, () => tf.Optimizer>> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.05, 0.9),
  nesterov: () => tf.train.momentum(0.05, 0.9, true),
  adam: () => tf.train.adam(0.01),
  adamax: () => tf.train.adamax(0.01),
  adagrad: () => tf.train.adagrad(0.05),
  adadelta: () => tf.train.adadelta(0.5),
  rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.5),
  'rmsprop, centred': () => tf.train.rmsprop(0.01, 0.9, 0, 1e-7, true),
};

/** A small network of its own variables, and its loss. */
function network(): { readonly loss: (x: tf.Tensor, y: tf.Tensor) => tf.Scalar; readonly variables: tf.Variable[] } {
  const [filter, weights] = [tf.variable(r(1, [3, 3, 1, 4])), tf.variable(r(2, [64, 3]))];
  return {
    variables: [filter, weights],
    loss: (x, y) => {
      const h = tf.maxPool(tf.relu(tf.conv2d(x as tf.Tensor4D, filter as never, 1, 'same')), 2, 2, 'same');
      return tf.losses.softmaxCrossEntropy(y, tf.matMul(tf.tanh(h).reshape([-1, 64]), weights as never)) as tf.Scalar;
    },
  };
}
const batch = (seed: number, size = 4): [tf.Tensor, tf.Tensor] => [
  r(seed, [size, 8, 8, 1]),
  tf.tidy(() => tf.softmax(r(seed + 100, [size, 3]).mul(5))),
];

describe.each(builds)('capture, $build', ({ relaxedSimd }) => {
  let host: KernelHost;
  beforeAll(async () => {
    host = await startOurs(relaxedSimd);
    registerOptimizers();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    tf.disposeVariables();
  });

  describe('trains as tfjs does, to the bit', () => {
    /** The losses and the final weights of some steps, the learning rate changed in between. */
    const train = (make: () => tf.Optimizer, compiled: boolean) => {
      tf.disposeVariables();
      const { loss, variables } = network();
      const optimizer = make();
      const step = (x: tf.Tensor, y: tf.Tensor): tf.Scalar => optimizer.minimize(() => loss(x, y), true, variables)!;
      const run = compiled ? capture(step) : step;
      const losses = Array.from({ length: 9 }, (_, i) => {
        if (i === 6) (optimizer as unknown as { learningRate: number }).learningRate = 0.003;
        const data = batch(i, i % 4 === 3 ? 2 : 4);
        const cost = run(...data);
        const value = bitsOf(cost);
        tf.dispose([cost, ...data]);
        return value;
      });
      const state = Object.values(tf.engine().registeredVariables).map(bitsOf);
      return { losses, state, iterations: optimizer.iterations, run };
    };
    it.each(Object.keys(optimizers))('%s', (name) => {
      const [eager, compiled] = [train(optimizers[name]!, false), train(optimizers[name]!, true)];
      expect(compiled.losses).toEqual(eager.losses);
      expect(compiled.state).toEqual(eager.state);
      expect(compiled.iterations).toBe(eager.iterations);
      const { report } = compiled.run as ReturnType<typeof capture>;
      expect(report().compiled).toBeGreaterThanOrEqual(4);
      expect(
        report()
          .programs.map(({ inputs }) => inputs)
          .sort(),
      ).toEqual(['float32[2,8,8,1], float32[2,3]', 'float32[4,8,8,1], float32[4,3]']);
    });
  });

  it('runs no kernel of tfjs, nor the function', () => {
    const { loss, variables } = network();
    const optimizer = tf.train.sgd(0.1);
    const compute = vi.fn((x: tf.Tensor, y: tf.Tensor) => optimizer.minimize(() => loss(x, y), true, variables)!);
    const [step, data] = [capture(compute), batch(1)];
    tf.dispose(step(...data));
    const kernels = vi.spyOn(tf.engine(), 'runKernel');
    for (let i = 0; i < 3; i++) tf.dispose(step(...data));
    expect(compute).toHaveBeenCalledTimes(1);
    expect(kernels).not.toHaveBeenCalled();
    tf.dispose(data);
    step.dispose();
  });

  it('takes the present values of inputs and variables, and those of other tensors when it was captured', () => {
    const [w, c] = [tf.variable(tf.scalar(2)), tf.scalar(3)];
    const f = capture((x: tf.Tensor) => ({ sum: tf.add(x, w), products: [tf.mul(x, c), x], nothing: undefined }));
    const first = f(tf.tensor1d([1, 2]));
    c.dispose();
    w.assign(tf.scalar(10));
    const x = tf.tensor1d([5, 7]);
    const { sum, products, nothing } = f(x) as unknown as { sum: tf.Tensor; products: tf.Tensor[]; nothing: undefined };
    expect([...sum.dataSync()]).toEqual([15, 17]);
    expect(products.map((t) => [...t.dataSync()])).toEqual([
      [15, 21],
      [5, 7],
    ]);
    expect(nothing).toBeUndefined();
    expect(f.report()).toMatchObject({ compiled: 1, eager: 1, reasons: [] });
    // What it returns is the caller's, an input too.
    tf.dispose([products, sum, first as never]);
    expect([...x.dataSync()]).toEqual([5, 7]);
    f.dispose();
  });

  it('leaves what others hold of a variable as it is', () => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const f = capture(() => void w.assign(tf.tidy(() => tf.add(w, 1))));
    f();
    f();
    const before = w.clone();
    f();
    f();
    expect([...before.dataSync()]).toEqual([3, 4]);
    expect([...w.dataSync()]).toEqual([5, 6]);
    f.dispose();
    expect([...w.dataSync()]).toEqual([5, 6]);
  });

  it('assigns a tensor from outside, one to two variables, and one variable to another', () => {
    const [a, b, c] = [tf.variable(tf.scalar(1)), tf.variable(tf.scalar(2)), tf.variable(tf.scalar(3))];
    const f = capture((x: tf.Tensor) =>
      tf.tidy(() => {
        const sum = tf.add(a, x);
        a.assign(sum as tf.Scalar);
        b.assign(sum as tf.Scalar);
        c.assign(x as tf.Scalar);
      }),
    );
    for (const x of [1, 10, 100]) tf.tidy(() => f(tf.scalar(x)));
    expect([a, b, c].map((v) => v.dataSync()[0])).toEqual([112, 112, 100]);
    expect(f.report().compiled).toBe(2);
    f.dispose();
  });

  it('calls kernels of tfjs’s own from the program', () => {
    const compute = (x: tf.Tensor): tf.Tensor[] =>
      tf.tidy(() => [
        tf.argMax(tf.exp(x), 1).toFloat().add(1),
        tf.cumsum(tf.square(x), 1),
        tf.equal(tf.argMax(x, 1), 2).toInt(),
        tf.oneHot(tf.argMax(tf.neg(x), 1).toInt(), 5),
      ]);
    const f = capture(compute);
    tf.dispose(f(r(1, [6, 5])));
    for (const seed of [2, 3]) {
      const x = r(seed, [6, 5]);
      const [ours, eager] = [f(x), compute(x)];
      expect(ours.map(bitsOf)).toEqual(eager.map(bitsOf));
      tf.dispose([x, ours, eager]);
    }
    expect(f.report()).toMatchObject({ compiled: 2, reasons: [] });
    expect(f.report().programs[0]!.foreign).toContain('ArgMax');
    f.dispose();
  });

  it.each<[string, string, () => tf.Tensor]>([
    ['reads tensors', 'dataSync', () => tf.scalar(2).mul(tf.scalar(3).add(1).dataSync()[0]!)],
    ['draws random numbers', 'random numbers', () => tf.randomUniform([2])],
    ['creates variables', 'creates variables', () => tf.variable(tf.scalar(1)).add(1)],
  ])('calls a function that %s, and says why', (_, reason, compute) => {
    const f = capture(compute);
    for (let i = 0; i < 5; i++) expect(f().size).toBeGreaterThan(0);
    expect(f.report()).toMatchObject({ compiled: 0, eager: 5 });
    expect(f.report().reasons.join()).toContain(reason);
  });

  it('keeps the programs of eight shapes, those used last', () => {
    const f = capture((x: tf.Tensor) => tf.tidy(() => tf.exp(x)));
    for (let n = 1; n <= 12; n++) tf.tidy(() => f(r(n, [n])));
    expect(f.report().programs.map(({ inputs }) => inputs)).toEqual(
      Array.from({ length: 8 }, (_, i) => `float32[${i + 5}]`),
    );
    tf.tidy(() => f(r(1, [5])));
    expect(f.report().programs.at(-1)!.inputs).toBe('float32[5]');
    f.dispose();
  });

  it('changes nothing where a kernel refuses its input, and reports tfjs’s error', () => {
    const [table, count] = [tf.variable(r(1, [5, 2])), tf.variable(tf.scalar(0))];
    const f = capture((ids: tf.Tensor) =>
      tf.tidy(() => {
        count.assign(count.add(1) as tf.Scalar);
        const rows = tf.gather(table, ids as tf.Tensor1D);
        table.assign(tf.add(table, tf.sum(rows)) as tf.Variable);
      }),
    );
    const [good, bad] = [tf.tensor1d([0, 4], 'int32'), tf.tensor1d([0, 5], 'int32')];
    f(good);
    f(good);
    const before = bitsOf(table);
    expect(() => f(bad)).toThrow('the index value 5');
    expect(bitsOf(table)).toBe(before);
    f(good);
    expect(bitsOf(table)).not.toBe(before);
    f.dispose();
  });

  it('leaks nothing over 500 runs, and frees all that it holds', () => {
    const { loss, variables } = network();
    const optimizer = tf.train.adam(0.01);
    const step = capture((x: tf.Tensor, y: tf.Tensor) => optimizer.minimize(() => loss(x, y), true, variables)!);
    const data = batch(1);
    const run = (): void => step(...data).dispose();
    run();
    const before = tf.memory().numTensors;
    const behind = leftBehind(host, () => {
      run();
      run();
      const [tensors, bytes] = [tf.memory().numTensors, memoryOf(host.backend).buffer.byteLength];
      for (let i = 0; i < 500; i++) run();
      expect(tf.memory().numTensors).toBe(tensors);
      expect(memoryOf(host.backend).buffer.byteLength).toBe(bytes);
      step.dispose();
    });
    expect(behind).toBe(0);
    expect(tf.memory().numTensors).toBe(before);
    run();
    expect(step.report().compiled).toBeGreaterThan(500);
    step.dispose();
    tf.dispose(data);
  });

  it('says so when the heap is full, frees what it took, and computes without a program', () => {
    const f = capture((x: tf.Tensor) => tf.tidy(() => tf.matMul(tf.exp(x) as tf.Tensor2D, x as tf.Tensor2D)));
    const x = r(1, [100, 100]);
    const module = host.backend.wasm as unknown as { _malloc(bytes: number): number };
    const malloc = module._malloc;
    let calls = 0;
    const behind = leftBehind(host, () => {
      const counted = module._malloc;
      // What the function itself needs it gets.
      module._malloc = (bytes) => (++calls > 4 ? 0 : counted(bytes));
      tf.dispose(f(x));
      module._malloc = counted;
    });
    module._malloc = malloc;
    expect(behind).toBe(0);
    expect(f.report().reasons.join()).toContain('wasm heap');
    x.dispose();
  });

  it('computes what tfjs computes, for any mixture of operations', () => {
    type Op = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
    const ops: readonly Op[] = [
      ...[tf.add, tf.sub, tf.mul, tf.maximum].map(
        (f): Op =>
          (a, b) =>
            f(a, b),
      ),
      (a, b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true),
      (a) => tf.transpose(a),
      (a) => tf.tanh(a).clone(),
      (a, b) => tf.concat([a, b], 1).slice([0, 2], [4, 4]),
      (a) => tf.softmax(a),
      (a) => tf.add(tf.sum(a, 0, true), tf.zerosLike(a)),
      (a) => tf.reshape(a, [2, 8]).reshape([4, 4]),
      (a) => tf.cumsum(a, 1),
      (a) => tf.relu(tf.neg(a)),
      () => tf.fill([4, 4], 0.5),
      (a, b) => tf.where(tf.greater(a, b), a, b),
    ];
    const instruction = fc.record({
      op: fc.nat(ops.length - 1),
      ...{ a: fc.nat(), b: fc.nat(), assign: fc.option(fc.nat(1), { freq: 4 }), keep: fc.boolean() },
    });
    fc.assert(
      fc.property(fc.array(instruction, { minLength: 1, maxLength: 20 }), fc.nat(100), (instructions, seed) => {
        const variables = [1, 2].map((i) => tf.variable(r(seed + i, [4, 4])));
        const compute = (x: tf.Tensor): tf.Tensor[] =>
          tf.tidy(() => {
            const all: tf.Tensor[] = [x];
            const kept: tf.Tensor[] = [];
            for (const { op, a, b, assign, keep } of instructions) {
              const pick = (n: number): tf.Tensor => [...all, ...variables][n % (all.length + 2)]!;
              const y = ops[op]!(pick(a), pick(b));
              all.push(y);
              if (assign !== null) variables[assign]!.assign(y as never);
              else if (keep) kept.push(y);
            }
            return [...kept, tf.add(all.at(-1)!, 0)];
          });
        const results = (run: (x: tf.Tensor) => tf.Tensor[]): string[] => {
          variables.forEach((v, i) => tf.tidy(() => v.assign(r(seed + i, [4, 4]) as never)));
          return [1, 2, 3].flatMap((i) => {
            const x = r(seed + 10 * i, [4, 4]);
            const made = run(x);
            const bits = [...made, ...variables].map(bitsOf);
            tf.dispose([x, made]);
            return bits;
          });
        };
        const eager = results(compute);
        const f = capture(compute);
        const before = tf.memory().numTensors;
        expect(results(f)).toEqual(eager);
        expect(f.report()).toMatchObject({ compiled: 2, reasons: [] });
        f.dispose();
        expect(tf.memory().numTensors).toBe(before);
        tf.dispose(variables);
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});
