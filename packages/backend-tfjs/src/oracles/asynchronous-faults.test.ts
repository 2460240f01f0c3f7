import { runAsync, type Matrix, type Method } from '@overparam/core';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { compositeOracle, oracle, type TfjsCompositeOracle, type TfjsOracle } from '../index.ts';
import { engine } from '../recording/engine.ts';

const [N, D, C] = [4, 3, 2];
const U: Matrix = { rows: N, columns: C, data: Float64Array.from({ length: N * C }, (_, i) => Math.cos(i)) };
const scaling = { min: 0.3, max: 2 };

/** Two layers with a bias, and a matrix that is normalized before there are samples, whose structure is not known. */
function model() {
  const random = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 0.8, 'float32', seed);
  const variable = (shape: number[], seed: number): tf.Variable => tf.tidy(() => tf.variable(random(shape, seed)));
  const [W, b, V] = [variable([D, D], 1), variable([D], 2), variable([D, C], 3)];
  const [x, y] = [random([N, D], 4), random([N, C], 5)];
  const outputs = (): tf.Tensor => tf.matMul(tf.tanh(tf.add(tf.matMul(x, W), b)), tf.div(V, tf.norm(V, 2, 0, true)));
  const modules = { first: [W, b], last: [V] };
  const loss = (f: tf.Tensor): tf.Tensor => tf.mean(tf.sum(tf.square(tf.sub(f, y)), 1));
  return { variables: [W, b, V], modules, outputs, loss, data: [x, y] };
}

const composite = (memory?: number) => () => {
  const { outputs, loss, data, ...rest } = model();
  const made = compositeOracle({
    ...rest,
    ...(memory && { memory }),
    outputs,
    loss: (f) => loss(f as tf.Tensor),
    direction: 'adam',
    asynchronous: true,
  });
  return { oracle: made, data };
};
const plain = () => {
  const { outputs, loss, data, ...rest } = model();
  return { oracle: oracle(() => loss(outputs()), { ...rest, direction: 'adam', asynchronous: true }), data };
};

type Ask<O> = (oracle: O) => unknown;
const both: Record<string, Ask<TfjsOracle | TfjsCompositeOracle>> = {
  linearize: (o) => o.linearize(),
  'linearize without probes': (o) => o.linearize({ descend: false, probes: false }),
  'linearize some': (o) => o.linearize({ modules: ['last'], around: true }),
  probe: async (o) => (await o.linearize(), await o.probe(0.1)),
  direction: async (o) => (await o.linearize(), await o.direction('preconditioned')),
  probeAlong: async (o) => (await o.linearize(), await o.probeAlong('momentum', 0.1)),
  probeGradient: async (o) => (await o.linearize(), await o.probeGradient(0.1)),
  moveExtragradient: async (o) => (await o.linearize(), await o.probeGradient(0.1), await o.moveExtragradient(0.1)),
  moveHeavyBall: async (o) => (await o.linearize(), await o.moveHeavyBall(0.1, 0.5)),
  moveNesterov: async (o) => (await o.linearize(), await o.moveNesterov(0.1, 0.5)),
  dimensions: (o) => o.dimensions(),
  'moduleKernels along the loss': (o) => o.moduleKernels({ along: 'loss', samples: [2, 0] }),
};
const ofOutputs: Record<string, Ask<TfjsCompositeOracle>> = {
  ...both,
  loss: (o) => o.loss(),
  outputs: (o) => o.outputs(),
  lossGradient: (o) => o.lossGradient(),
  lossHessianFactor: (o) => o.lossHessianFactor(),
  kernel: (o) => o.kernel(),
  'kernel, scaled': (o) => o.kernel({ scaling }),
  'kernel of samples': (o) => o.kernel({ samples: [3, 1], modules: ['first'] }),
  moduleKernels: (o) => o.moduleKernels(),
  'moduleKernels along a matrix': (o) => o.moduleKernels({ along: U }),
  kernelProduct: (o) => o.kernelProduct(U),
  'kernelProduct, scaled': (o) => o.kernelProduct(U, { scaling }),
  pullback: (o) => o.pullback(U),
  'pullback, scaled, with momentum': (o) => o.pullback(U, { scaling, momentum: 0.5 }),
  'pullback by a kernel': async (o) => (await o.lossGradient(), await o.kernel(), await o.pullback(U)),
  displacementProduct: (o) => o.displacementProduct(),
  jacobian: (o) => o.jacobian(),
  direct: (o) => o.direct(new Float64Array(D * D + D + D * C).fill(0.1)),
  probeOutputs: async (o) => (await o.pullback(U), await o.probeOutputs(0.1)),
  sizes: async (o) => (await o.pullback(U), await o.sizes()),
  largestSquaredColumn: (o) => o.largestSquaredColumn(),
};

/** Those that go in blocks where the memory is little. */
const byStructure = Object.fromEntries(
  Object.entries(ofOutputs).filter(([name]) => /ernel|olumn|displacement|scaled/.test(name)),
);

const subjects: [string, () => { oracle: TfjsOracle | TfjsCompositeOracle; data: tf.Tensor[] }, string, Ask<never>][] =
  [
    ...Object.entries(both).map(([name, ask]) => ['a loss', plain, name, ask as Ask<never>] as never),
    ...[undefined, 64].flatMap((memory) =>
      Object.entries(memory ? byStructure : ofOutputs).map(
        ([name, ask]) =>
          [memory ? 'outputs, with little memory' : 'outputs', composite(memory), name, ask as Ask<never>] as never,
      ),
    ),
  ];

describe.each(subjects)('an asynchronous oracle of %s', (_, make, name, question) => {
  const ask = question as Ask<unknown>;
  const broken = new Error('broken');
  const failures: Record<string, (failAt: number) => () => boolean> = {
    'a kernel that throws': (failAt) => {
      const { runKernel } = engine();
      let passed = 0;
      engine().runKernel = (...kernel) => {
        if (passed++ === failAt) throw broken;
        return runKernel.apply(engine(), kernel);
      };
      return () => ((engine().runKernel = runKernel), passed > failAt);
    },
    'a read that rejects': (failAt) => {
      let passed = 0;

      const data = tf.Tensor.prototype.data;
      const spy = vi.spyOn(tf.Tensor.prototype, 'data').mockImplementation(function (this: tf.Tensor) {
        return passed++ === failAt ? Promise.reject(broken) : data.call(this);
      } as typeof data);
      return () => (spy.mockRestore(), passed > failAt);
    },
  };

  beforeAll(() => tf.setBackend('cpu'));
  afterEach(() => tf.disposeVariables());

  it.each(Object.keys(failures))(`${name}: %s leaves no tensor behind`, async (kind) => {
    const { oracle: subject, data } = make();
    // What an oracle keeps from its first step on.
    await subject.linearize();
    await subject.moveHeavyBall(0.01, 0.5);
    await subject.finish?.();
    await ask(subject);
    await subject.abandon?.();
    const alive = tf.memory().numTensors;
    // Every third kernel, from another one on for each question.
    const first = kind === 'a kernel that throws' ? name.length % 3 : 0;
    for (let failAt = first, failed = true; failed; failAt += kind === 'a kernel that throws' ? 3 : 1) {
      const end = failures[kind]!(failAt);
      let thrown: unknown;
      try {
        await ask(subject);
      } catch (error) {
        thrown = error;
      }
      failed = end();
      expect(thrown).toBe(failed ? broken : undefined);
      await subject.abandon?.();
      expect(tf.memory().numTensors - alive, `failing at ${failAt}`).toBe(0);
    }
    subject.dispose();
    tf.dispose(data);
  });

  it(`${name}: an abort leaves no tensor behind, whatever it waits for`, async () => {
    const { oracle: subject, data } = make();
    await subject.linearize();
    await subject.moveHeavyBall(0.01, 0.5);
    await subject.finish?.();
    await ask(subject);
    await subject.abandon?.();
    const alive = tf.memory().numTensors;

    const data0 = tf.Tensor.prototype.data;
    for (let abortAt = 0, aborted = true; aborted; abortAt++) {
      let passed = 0;
      const spy = vi.spyOn(tf.Tensor.prototype, 'data').mockImplementation(function (this: tf.Tensor) {
        const read = data0.call(this);
        return (
          passed++ === abortAt ? read.then(async (values) => (await subject.abandon?.(), values)) : read
        ) as never;
      });
      const late = Promise.resolve(ask(subject)).then(
        () => false,
        () => true,
      );
      await late;
      spy.mockRestore();
      aborted = passed > abortAt;
      await subject.abandon?.();
      expect(tf.memory().numTensors - alive, `aborted at ${abortAt}`).toBe(0);
    }
    subject.dispose();
    tf.dispose(data);
  });
});

describe('an abort in the middle of a method', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('while moduleKernels is answered leaves no tensor behind', async () => {
    const { oracle: subject, data } = plain();
    const method: Method<null, null, TfjsOracle> = {
      name: 'by kernels',
      needs: ['moduleKernels', 'linearize', 'move'],
      init: () => null,
      *step(state, asked) {
        yield* asked.moduleKernels({ along: 'loss' });
        yield* asked.linearize({ modules: ['last'] });
        yield* asked.move(0.01);
        return { state, report: null };
      },
    };
    await runAsync(method, subject, null);
    const alive = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) {
      const controller = new AbortController();
      const moduleKernels: TfjsOracle['moduleKernels'] = (request) => {
        const answer = subject.moduleKernels(request);
        controller.abort();
        return answer;
      };
      const aborted = runAsync(method, { ...subject, moduleKernels }, null, {
        signal: controller.signal,
      });
      await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
      await new Promise(setImmediate);
      // An oracle holds the loss of its last step, and there is none after an abort.
      expect(tf.memory().numTensors).toBe(alive - 1);
    }
    await runAsync(method, subject, null);
    expect(tf.memory().numTensors).toBe(alive);
    subject.dispose();
    tf.disposeVariables();
    tf.dispose(data);
  });
});
