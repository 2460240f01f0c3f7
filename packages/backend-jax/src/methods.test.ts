import { defaultDevice, init, lax, nn, numpy as np, random, tree, type Array as JaxArray } from '@jax-js/jax';
import {
  composite,
  denseNetwork,
  softmaxCrossEntropy as exactEntropy,
  squaredError,
  type Loss,
} from '@overparam/backend-float64';
import { gaussNewton, levenbergMarquardt } from '@overparam/gauss-newton';
import { mat } from '@overparam/mntk-mat';
import { minimize } from '@overparam/core';
import { constantStep, ponos, ponosAdam, slsExtragradient } from '@overparam/polyak-nonmonotone';
import { describe, expect, it } from 'vitest';
import { compositeOracle, meanSquaredError, oracle, softmaxCrossEntropy } from './index.ts';

await init('wasm');
defaultDevice('wasm');

type Dense = { kernel: JaxArray; bias: JaxArray };
type Network = { layers: Dense[] };
type Batch = { x: JaxArray; y: JaxArray };

/** Numbers without a pattern, the same each time. */
const wave = (shape: number[], scale = 1): JaxArray => {
  const size = shape.reduce((product, n) => product * n, 1);
  return np.array(
    Float32Array.from({ length: size }, (_, i) => scale * Math.sin(i * i + size)),
    { shape },
  );
};
const dense = (from: number, to: number): Dense => ({ kernel: wave([from, to], Math.sqrt(2 / from)), bias: wave([to], 0.1) }); // prettier-ignore
const network = (...widths: number[]): Network => ({
  layers: widths.slice(1).map((to, k) => dense(widths[k]!, to)),
});
const apply = ({ layers }: Network, x: JaxArray): JaxArray =>
  layers.reduce((a, { kernel, bias }, k) => np.matmul(k > 0 ? np.tanh(a) : a, kernel).add(bias), x);

const N = 32;
const classes = Array.from({ length: N }, (_, n) => n % 3);
/** Three noisy arms of a spiral. */
const spiral = classes.flatMap((k, n) => {
  const [r, angle] = [0.2 + n / N, 2.1 * k + (2 * n) / N];
  return [r * Math.cos(angle), r * Math.sin(angle)];
});
const oneHot = classes.flatMap((k) => [0, 1, 2].map((c) => Number(c === k)));
const data: Batch = {
  x: np.array(Float32Array.from(spiral), { shape: [N, 2] }),
  y: np.array(Float32Array.from(oneHot), { shape: [N, 3] }),
};
const batch = (): Batch => tree.ref(data);
const modules = { first: 'layers.0', second: 'layers.1', top: 'layers.2' };

const onJax = (loss: typeof meanSquaredError) =>
  compositeOracle<Network, Batch>({
    weights: network(2, 16, 16, 3),
    batch,
    model: (w, { x }) => apply(w, x),
    loss: (outputs, { y }) => loss(outputs, y),
    modules,
  });
type Jax = ReturnType<typeof onJax>;

/** The same problem in float64. */
function exactly(asked: Jax, loss: Loss) {
  const weights = asked.weights();
  const start = weights.layers.flatMap(({ kernel, bias }) => [...kernel.dataSync(), ...bias.dataSync()]);
  const hidden = { units: 16, activation: 'tanh' } as const;
  return composite({
    model: denseNetwork({
      inputs: { rows: N, columns: 2, data: Float64Array.from(spiral, Math.fround) },
      layers: [
        { ...hidden, name: 'first' },
        { ...hidden, name: 'second' },
        { units: 3, name: 'top' },
      ],
    }),
    loss,
    start,
  });
}

describe('methods on jax-js', () => {
  const entropy = [softmaxCrossEntropy, exactEntropy(classes, { classes: 3 })] as const;
  const squares = [meanSquaredError, squaredError({ rows: N, columns: 3, data: Float64Array.from(oneHot) })] as const;
  it.each([
    ['ponos', ponos(), entropy, 12],
    ['gaussNewton', gaussNewton({ gamma: 0.2, damping: 0.1, search: 'armijo' }), squares, 6],
    ['mat(ponos)', mat(ponos(), { every: 4, alpha: 0.5 }), entropy, 12],
    ['slsExtragradient', slsExtragradient({ n_batches_per_epoch: 1 }), entropy, 8],
  ] as const)('%s goes the way it goes in float64', async (_, method, [loss, exactLoss], steps) => {
    const asked = onJax(loss);
    const exact = exactly(asked, exactLoss);
    const first = exact.loss();
    for (const oracle of [asked, exact]) await minimize(method as never, oracle as never, { steps });
    expect(exact.loss()).toBeLessThan(0.9 * first);
    expect(Math.abs((await asked.loss()) / exact.loss() - 1)).toBeLessThan(5e-3);
    asked.dispose();
  });

  it('levenbergMarquardt separates the arms', async () => {
    const asked = onJax(softmaxCrossEntropy);
    await minimize(levenbergMarquardt(), asked, { steps: 15 });
    expect(await asked.loss()).toBeLessThan(0.02);
    asked.dispose();
  });

  it('a convolutional network is trained by PoNoS', async () => {
    type Cnn = { filters: JaxArray; head: Dense };
    const images = wave([16, 1, 8, 8]);
    const labels = np.array(Float32Array.from({ length: 32 }, (_, i) => Number(i % 2 === (i >> 1) % 2)), { shape: [16, 2] }); // prettier-ignore
    const asked = oracle<Cnn, Batch>({
      weights: { filters: wave([4, 1, 3, 3], 0.5), head: dense(4 * 36, 2) },
      batch: () => tree.ref({ x: images, y: labels }),
      loss: ({ filters, head }, { x, y }) => {
        const maps = nn.relu(lax.convGeneralDilated(x, filters, [1, 1], 'VALID'));
        return softmaxCrossEntropy(np.matmul(maps.reshape([16, -1]), head.kernel).add(head.bias), y);
      },
    });
    const { report } = await minimize(ponos(), asked, { steps: 60 });
    expect(report!.value).toBeLessThan(0.05);
    asked.dispose();
  });

  it.each([
    ['a constant step', constantStep({ step: 0.01 })],
    ['ponosAdam', ponosAdam({ steps: 150 })],
  ] as const)('an attention block is trained along the direction of Adam: %s', async (_, method) => {
    type Block = Record<'q' | 'k' | 'v' | 'o', JaxArray>;
    const [B, T, D] = [4, 6, 8];
    const asked = oracle<Block, Batch>({
      weights: Object.fromEntries(['q', 'k', 'v', 'o'].map((name, i) => [name, wave([D, D], 0.3 + i / 100)])) as Block,
      batch: () => ({ x: wave([B, T, D]), y: wave([B, T, D], 0.5) }),
      loss: ({ q, k, v, o }, { x, y }) => {
        const [queries, keys, values] = [q, k, v].map((w) => np.matmul(x.ref, w));
        const scores = np.matmul(queries!, np.transpose(keys!, [0, 2, 1])).mul(1 / Math.sqrt(D));
        const out = np.matmul(np.matmul(nn.softmax(scores), values!), o).add(x);
        return meanSquaredError(out.reshape([B * T, D]), y.reshape([B * T, D]));
      },
      direction: 'adam',
    });
    const first = (await asked.linearize()).value;
    asked.abandon!();
    await minimize(method as never, asked as never, { steps: 150 });
    const { value } = await asked.linearize();
    expect(value).toBeLessThan(0.6 * first);
    asked.dispose();
  });

  it('where the direction of Adam ascends, its fresh part is taken, and -P m keeps its name', async () => {
    // f(w) = s w^2 / 2: the sign of s changes from step to step, and the momentum points the other way.
    const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
    let s = -1;
    const asked = oracle<{ w: JaxArray }, { s: JaxArray }>({
      weights: { w: np.array([2]) },
      batch: () => ({ s: np.array(s) }),
      loss: ({ w }, { s }) => np.square(w).sum().mul(s.mul(0.5)),
      direction: 'adam',
    });
    await asked.linearize();
    asked.finish!();
    s = 0.5;
    const g = 1;
    const m = (beta1 * (1 - beta1) * -2 + (1 - beta1) * g) / (1 - beta1 ** 2);
    const v = (beta2 * (1 - beta2) * 4 + (1 - beta2) * g ** 2) / (1 - beta2 ** 2);
    const P = 1 / (Math.sqrt(v) + epsilon);
    const at = await asked.linearize();
    expect(at.fellBack).toBe(true);
    expect(at.slope).toBeCloseTo(-(1 - beta1) * P * g * g, 5);
    expect((await asked.direction('momentum')).slope).toBeCloseTo(-P * m * g, 5);
    expect((await asked.direction('preconditioned')).slope).toBeCloseTo(-P * g * g, 5);
    expect((await asked.linearize({ descend: false })).slope).toBeCloseTo(-P * m * g, 5);
    await asked.linearize();
    await asked.move(0.1);
    asked.finish!();
    const { w } = asked.weights();
    expect(w.dataSync()[0]).toBeCloseTo(2 - 0.1 * (1 - beta1) * P * g, 5);
    asked.dispose();
  });

  it('a key in the batch draws dropout: probes see the mask of linearize', async () => {
    type Noisy = { x: JaxArray; y: JaxArray; key: JaxArray };
    let seed = 0;
    const asked = oracle<Network, Noisy>({
      weights: network(2, 16, 3),
      batch: () => ({ ...batch(), key: random.key(seed++) }),
      loss: ({ layers: [first, second] }, { x, y, key }) => {
        const hidden = np.tanh(np.matmul(x, first!.kernel).add(first!.bias));
        const mask = random.bernoulli(key, 0.5, hidden.shape).astype(np.float32).mul(2);
        return softmaxCrossEntropy(np.matmul(hidden.mul(mask), second!.kernel).add(second!.bias), y);
      },
    });
    const values: number[] = [];
    for (let k = 0; k < 3; k++) {
      const { value } = await asked.linearize();
      expect(await asked.probe(0)).toBeCloseTo(value, 5);
      values.push(value);
      asked.finish!();
    }
    expect(new Set(values).size).toBe(3);
    await asked.linearize();
    asked.abandon!();
    await asked.linearize();
    expect(seed).toBe(4);
    asked.dispose();
  });
});
