import { defaultDevice, init, numpy as np, tree, type Array as JaxArray } from '@jax-js/jax';
import { run, runAsync, type AcceleratedOracle, type Method } from '@overparam/core';
import { gaussNewton } from '@overparam/gauss-newton';
import { ponos } from '@overparam/polyak-nonmonotone';
import { describe, expect, it } from 'vitest';

// Every allocation of jax-js's wasm device is in one memory: its size shows a leak of whatever array.
const memories: WebAssembly.Memory[] = [];
const Memory = WebAssembly.Memory;
WebAssembly.Memory = class extends Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(this);
  }
};
await init('wasm');
defaultDevice('wasm');
const { compositeOracle, meanSquaredError } = await import('./index.ts');
const bytes = (): number => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);

type Weights = { a: JaxArray; b: JaxArray };
type Batch = { x: JaxArray; y: JaxArray };
const wave = (m: number, n: number): JaxArray =>
  np.array(
    Float32Array.from({ length: m * n }, (_, i) => Math.sin(3 * i + 1) / 4),
    { shape: [m, n] },
  );

const make = (options: { asynchronous?: boolean; width?: number; direction?: 'gradient' | 'adam' } = {}) => {
  const { asynchronous = false, width = 6, direction = 'gradient' } = options;
  const weights: Weights = { a: wave(4, width), b: wave(width, 2) };
  const data: Batch = { x: wave(5, 4), y: wave(5, 2) };
  let fails = false;
  const oracle = compositeOracle<Weights, Batch>({
    weights: tree.ref(weights),
    batch: () => {
      if (fails) throw new Error('no batch');
      return tree.ref(data);
    },
    model: ({ a, b }, { x }) => np.matmul(np.tanh(np.matmul(x, a)), b),
    loss: (outputs, { y }) => meanSquaredError(outputs, y),
    asynchronous,
    direction,
  });
  const counts = (): number[] => [...tree.leaves<JaxArray>(weights), ...tree.leaves<JaxArray>(data)].map((x) => x.refCount); // prettier-ignore
  return { oracle, weights, data, counts, fail: (now: boolean) => void (fails = now) };
};
type Made = ReturnType<typeof make>;

const everyQuestion = async ({ oracle }: Made): Promise<void> => {
  const u = { rows: 5, columns: 2, data: new Float64Array(10).fill(1) };
  await oracle.linearize();
  await oracle.probe(0.1);
  await oracle.direction('gradient');
  await oracle.direction('preconditioned');
  await oracle.probeAlong('momentum', 0.1);
  await oracle.probeGradient(0.1);
  await oracle.probeGradient(0.2);
  await oracle.linearize({ modules: ['b'] });
  await oracle.outputs();
  await oracle.lossGradient();
  await oracle.lossHessianFactor();
  await oracle.kernel({ scaling: { min: 0.1, max: 10 } });
  await oracle.moduleKernels({ along: 'loss' });
  await oracle.kernelProduct(u, { scaling: { min: 0.1, max: 10 } });
  await oracle.displacementProduct();
  await oracle.pullback(u, { momentum: 0.5, scaling: { min: 0.1, max: 10 } });
  await oracle.probeOutputs(0.1);
  await oracle.sizes();
  await oracle.largestSquaredColumn();
  await oracle.jacobian();
};

describe('references', () => {
  it.each([false, true])('are given back, whatever was asked; asynchronous: %s', async (asynchronous) => {
    const made = make({ asynchronous });
    const { oracle, counts } = made;
    for (const end of ['finish', 'abandon'] as const) {
      await everyQuestion(made);
      await oracle.move(0.01);
      await oracle[end]!();
      await everyQuestion(made);
      await oracle[end]!();
    }
    oracle.dispose();
    expect(counts()).toEqual([1, 1, 1, 1]);
  });

  it.each(['moveHeavyBall', 'moveNesterov', 'moveExtragradient', 'moveAlong'] as const)('%s', async (question) => {
    const { oracle, counts } = make({ direction: 'adam' });
    for (const end of ['finish', 'abandon', 'finish'] as const) {
      await oracle.linearize();
      await oracle.probeGradient(0.1);
      if (question === 'moveExtragradient') await oracle.moveExtragradient(0.1);
      else if (question === 'moveAlong') await oracle.moveAlong('preconditioned', 0.1);
      else await oracle[question](0.1, 0.5);
      oracle[end]!();
    }
    oracle.dispose();
    expect(counts()).toEqual([1, 1, 1, 1]);
  });

  it('setWeights takes over the new ones and lets the old ones go', async () => {
    const { oracle, weights, counts } = make();
    await oracle.linearize();
    oracle.setWeights({ a: wave(4, 6), b: wave(6, 2) });
    expect(tree.leaves<JaxArray>(weights).map((x) => x.refCount)).toEqual([1, 1]);
    expect(() => oracle.setWeights({ a: wave(4, 5), b: wave(6, 2) })).toThrow(
      'The weights have a of float32[4, 5] where the oracle has a of float32[4, 6].',
    );
    const now = oracle.weights();
    expect(now.a.shape).toEqual([4, 6]);
    tree.dispose(now);
    oracle.dispose();
    expect(counts()).toEqual([1, 1, 1, 1]);
  });

  it('a batch function that throws leaves all as it was', async () => {
    const { oracle, counts, fail } = make();
    fail(true);
    expect(() => oracle.linearize()).toThrow('no batch');
    oracle.abandon!();
    fail(false);
    await oracle.linearize();
    oracle.finish!();
    oracle.dispose();
    expect(counts()).toEqual([1, 1, 1, 1]);
  });

  it('an abort between two questions', async () => {
    const { oracle, counts } = make({ asynchronous: true });
    const controller = new AbortController();
    const method: Method<null, null, AcceleratedOracle> = {
      name: 'aborts itself',
      needs: ['linearize', 'probe'],
      init: () => null,
      *step(state, asked) {
        yield* asked.linearize();
        controller.abort();
        yield* asked.probe(1);
        return { state, report: null };
      },
    };
    await expect(runAsync(method, oracle, null, { signal: controller.signal })).rejects.toThrow();
    await new Promise((resolve) => setImmediate(resolve));
    oracle.dispose();
    expect(counts()).toEqual([1, 1, 1, 1]);
  });
});

describe('memory', () => {
  it.each([
    ['ponos', ponos(), 'gradient'],
    ['ponos along adam', ponos(), 'adam'],
    ['gaussNewton', gaussNewton({ gamma: 0.01 }), 'gradient'],
  ] as const)('does not grow over 100 steps: %s', (_, method, direction) => {
    // 12 kB of weights: one array of theirs that is left behind per step would be 18 pages of 64 kB.
    const { oracle } = make({ width: 512, direction });
    let state = method.init() as never;
    const steps = (count: number): void => {
      for (let k = 0; k < count; k++) ({ state } = run(method as never, oracle as never, state));
    };
    steps(10);
    const before = bytes();
    steps(100);
    expect(before).toBeGreaterThan(0);
    expect(bytes()).toBe(before);
    oracle.dispose();
  });
});
