import { adam, optimizer } from '@overparam/backend-tfjs';
import { useWasm } from '@overparam/backend-tfjs-wasm';
import { constantStep, ponos } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { median, sideBySide, type Contender } from '../side-by-side.ts';
import type { Row } from '../table.ts';

const batch = 128;
const layers = [784, 512, 256, 10];

function problem(): { loss: () => tf.Scalar; variables: tf.Variable[] } {
  const variables = layers
    .slice(1)
    .flatMap((units, i) => [
      tf.variable(tf.randomNormal([layers[i]!, units], 0, Math.sqrt(2 / layers[i]!), 'float32', i + 1)),
      tf.variable(tf.zeros([units])),
    ]);
  const x = tf.randomNormal([batch, layers[0]!], 0, 1, 'float32', 10);
  const labels = tf.tensor1d(
    Array.from({ length: batch }, (_, i) => i % 10),
    'int32',
  );
  const y = tf.oneHot(labels, 10);
  const loss = (): tf.Scalar => {
    let h: tf.Tensor = x;
    for (let i = 0; i < variables.length; i += 2) {
      h = tf.add(tf.matMul(h, variables[i]!), variables[i + 1]!);
      if (i + 2 < variables.length) h = tf.relu(h);
    }
    return tf.losses.softmaxCrossEntropy(y, h) as tf.Scalar;
  };
  return { loss, variables };
}

/**
 * A step of the MLP 784-512-256-10 on a batch of 128: a line search and plain Adam through this project's optimizer, and
 * tfjs's own optimizers, each on a model of its own with the same start.
 */
export async function measure(backends: readonly string[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const backend of backends) {
    if (backend === 'useWasm') await useWasm();
    else await tf.setBackend(backend);
    const forwards: number[] = [];
    const searched = optimizer(ponos(), { onReport: (report) => forwards.push(report.forwards) });
    const optimizers: [string, tf.Optimizer][] = [
      ['ponos', searched],
      ['adam, constant step', optimizer(constantStep({ step: 1e-3 }), { direction: adam() })],
      ['tf.train.adam', tf.train.adam(1e-3)],
      ['tf.train.sgd', tf.train.sgd(1e-2)],
    ];
    const contenders = optimizers.map(([name, made]): Contender => {
      const { loss, variables } = problem();
      return { name, step: () => void made.minimize(loss, true, variables)!.dataSync() };
    });
    const rounds = backend === 'cpu' ? 7 : 31;
    const times = sideBySide(contenders, { rounds, warmup: 2 }).map(median);
    const theirAdam = times[2]!;
    const theirSgd = times[3]!;
    contenders.forEach(({ name }, i) =>
      rows.push({
        backend,
        optimizer: name,
        'ms a step': times[i]!,
        'against tf.train.adam': times[i]! / theirAdam,
        'against tf.train.sgd': times[i]! / theirSgd,
        'probes a step': i === 0 ? forwards.slice(-rounds).reduce((sum, count) => sum + count, 0) / rounds : 0,
      }),
    );
    tf.disposeVariables();
  }
  return rows;
}
