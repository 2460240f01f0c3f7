import { run } from '@overparam/core';
import { oracle } from '@overparam/backend-tfjs';
import { useWasm } from '@overparam/backend-tfjs-wasm';
import { mat, spectraOf } from '@overparam/mntk-mat';
import { constantStep } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import { transformer } from 'overparam/models';
import { median } from '../side-by-side.ts';
import type { Row } from '../table.ts';

export interface SpectraSizes {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** T */
  readonly length: number;
  /** S */
  readonly samples: number;
  readonly rounds: number;
}

const VOCABULARY = 256;
/** Of a training step. */
const BATCH = 16;

/**
 * Spectra (contraction 'loss', kernels and all eigenvalues) of all heads and feed-forward blocks of a transformer,
 * beside the same computed from tfjs's own gradients, and beside training steps by Adam.
 */
export async function measure({ layers, width, heads, length, samples, rounds }: SpectraSizes): Promise<{
  readonly rows: readonly Row[];
  /** The largest relative difference of a lambda_max between the two ways. */
  readonly difference: number;
  /** The share of a training's time that selections take at the default schedule. */
  readonly share: number;
}> {
  await useWasm();
  const model = transformer({ vocabulary: VOCABULARY, length, layers, width, heads, seed: 1 });
  const wanted = /head\d+$|feed-forward$/;
  const modules = Object.fromEntries(Object.entries(model.modules).filter(([name]) => wanted.test(name)));
  const names = Object.keys(modules);
  const variables = model.parameters.map(({ variable }) => variable);
  const draw = (rows: number, seed: number): tf.Tensor2D =>
    tf.randomUniform([rows, length], 0, VOCABULARY, 'int32', seed) as tf.Tensor2D;
  const [x, y] = [draw(samples, 1), draw(samples, 2)];
  const [xs, ys] = [draw(BATCH, 3), draw(BATCH, 4)];
  const probed = oracle(() => model.loss(x, y), { variables, modules, samples });
  const training = oracle(() => model.loss(xs, ys), { variables, modules, samples: BATCH, direction: 'adam' });

  const timed = async (body: () => unknown): Promise<number> => {
    const start = performance.now();
    await body();
    return performance.now() - start;
  };
  const spectra = (): ReturnType<typeof spectraOf> =>
    spectraOf(probed, {
      contraction: 'loss',
      samples,
      modules: names,
      quantities: ['trace', 'descent', 'effective_rank'],
    });
  const step = async (): Promise<void> => {
    await training.linearize();
    await training.move(1e-4);
    await training.finish!();
  };
  const method = mat(constantStep({ step: 1e-4 }), { every: 1, alpha: 0, beta: 0 });
  let state = method.init();
  const selecting = (): void => void ({ state } = run(method, training, state));

  // In turn, so that a slow moment of the machine affects all of them alike.
  const times = { spectra: [] as number[], step: [] as number[], selecting: [] as number[] };
  for (let round = -1; round < rounds; round++) {
    const now = { spectra: await timed(spectra), step: await timed(step), selecting: await timed(selecting) };
    if (round >= 0) for (const key of ['spectra', 'step', 'selecting'] as const) times[key].push(now[key]);
  }
  const ours = await spectra();
  const [mine, one, chosen] = [median(times.spectra), median(times.step), median(times.selecting)];

  /** The gradients of sample n of the mean loss, in the variables of the modules. */
  const gradientsOf = (n: number, whole: boolean): Map<string, tf.Tensor> => {
    const among = Object.values(modules).flat() as tf.Variable[];
    const { value, grads } = tf.variableGrads(() => {
      if (!whole) {
        const [a, b] = [x, y].map((all) => tf.slice(all, [n, 0], [1, length])) as [tf.Tensor2D, tf.Tensor2D];
        return tf.div(model.loss(a, b), samples) as tf.Scalar;
      }
      const { logits } = model.forward(x);
      const hot = tf.oneHot(tf.reshape(y, [-1]), VOCABULARY);
      const each = tf.neg(tf.sum(tf.mul(hot, tf.logSoftmax(logits)), 1));
      return tf.div(tf.sum(tf.slice(each, [n * length], [length])), samples * length) as tf.Scalar;
    }, among);
    value.dispose();
    return new Map(Object.entries(grads));
  };
  /** lambda_max of each module by the rows of its Jacobian. */
  const explicit = (): number[] => {
    const rows = Array.from({ length: samples }, (_, n) => gradientsOf(n, false));
    const largest = names.map((name) => {
      const gram = tf.tidy(() => {
        const J = tf.stack(
          rows.map((row) =>
            tf.concat((modules[name] as tf.Variable[]).map((one) => tf.reshape(row.get(one.name)!, [-1]))),
          ),
        );
        return tf.matMul(J as tf.Tensor2D, J as tf.Tensor2D, false, true);
      });
      const values = gram.dataSync();
      gram.dispose();
      return powerIteration(values, samples);
    });
    tf.dispose(rows.flatMap((row) => [...row.values()]));
    return largest;
  };
  let theirs: number[] = [];
  const alone = await timed(() => (theirs = explicit()));
  const few = Math.min(3, samples);
  const whole = (await timed(() => {
    for (let n = 0; n < few; n++) tf.dispose([...gradientsOf(n, true).values()]);
  })) * (samples / few); // prettier-ignore
  const difference = Math.max(...ours.modules.map(({ lambda_max }, l) => Math.abs(lambda_max / theirs[l]! - 1)));

  const row = (what: string, ms: number): Row => ({ what, ms, 'times the spectra': ms / mine });
  const rows = [
    row(`spectra of ${names.length} modules, ${samples} samples`, mine),
    row(`explicit Jacobians through tfjs, each sample of the batch (from ${few} of them)`, whole),
    row('explicit Jacobians through tfjs, each sample as a batch of its own', alone),
    row(`5 training steps of ${BATCH} sequences`, 5 * one),
    row(`a training step with MAT's selection, less one without`, chosen - one),
  ];
  for (const each of [probed, training]) each.dispose();
  tf.dispose([x, y, xs, ys]);
  model.dispose();
  return { rows, difference, share: (chosen - one) / (100 * one + (chosen - one)) };
}

function powerIteration(kernel: ArrayLike<number>, n: number): number {
  let v = Float64Array.from({ length: n }, (_, i) => 1 + Math.sin(i + 1) / 2);
  let lambda = 0;
  for (let k = 0; k < 2000; k++) {
    const w = v.map((_, i) => v.reduce((sum, x, j) => sum + kernel[i * n + j]! * x, 0));
    const norm = Math.hypot(...w);
    const done = Math.abs(norm - lambda) <= 1e-12 * norm;
    lambda = norm;
    v = w.map((x) => x / norm);
    if (done) break;
  }
  return lambda;
}
