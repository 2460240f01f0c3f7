import { measureOracle as tfjsOracle } from '@overparam/backend-tfjs';
import { useWasm } from '@overparam/backend-tfjs-wasm';
import { run, type MeasureOracle } from '@overparam/core';
import {
  alternatingGrid,
  conic,
  deconvolution1d,
  euclidean,
  explicit,
  gaussian,
  measureOracle,
  measureProblem,
  neurons,
  randomSpikes,
  seeded,
  squared,
  unregularized,
  type Flow,
} from '@overparam/wasserstein-flow';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { median } from '../side-by-side.ts';
import type { Row } from '../table.ts';
import { startPython } from './python.ts';

/** Milliseconds of a step, of several in a row, or of the whole of a run. */
type Time = (steps: number) => number | null | Promise<number | null>;

function timed(flow: Flow, oracle: MeasureOracle): Time {
  let state = flow.init();
  return (steps) => {
    const start = performance.now();
    for (let k = 0; k < steps; k++) ({ state } = run(flow, oracle, state));
    return (performance.now() - start) / steps;
  };
}

/** Contenders take turns, so that a slow moment of the machine affects all of them alike. */
async function turns(
  what: string,
  contenders: readonly (readonly [name: string, Time])[],
  steps: number,
  rounds: number,
): Promise<Row[]> {
  const times = contenders.map((): number[] => []);
  for (let round = -3; round < rounds; round++)
    for (const [i, [, time]] of contenders.entries()) {
      const ms = await time(steps);
      if (round >= 0 && ms !== null) times[i]!.push(ms);
    }
  const medians = times.map((all) => (all.length ? median(all) : null));
  const last = contenders.length > 1 ? medians.at(-1) : null;
  return contenders.flatMap(([name], i) => {
    const ms = medians[i];
    return ms == null ? [] : [{ what, name, ms, 'against the last': last == null ? '' : ms / last }];
  });
}

/** Medians of rounds. */
export async function measure(rounds: number): Promise<readonly Row[]> {
  const python = startPython();
  if (!python) console.log('no python3 with numpy was found: ours alone');
  const absent: Time = () => null;
  const theirs = (flow: 'deconvolution' | 'relu'): Time => (python ? (steps) => python.time(flow, steps) : absent);

  const spikes = deconvolution1d({ truth: randomSpikes({ seed: 1 }) });
  const spikeFlow = (m: number): Flow => conic(spikes, { start: alternatingGrid(m), alpha: 0.05, beta: 0.005 });
  const rows = await turns(
    'deconvolution, m 100: a step',
    [
      ['float64', timed(spikeFlow(100), measureOracle(spikes))],
      ['NumPy', theirs('deconvolution')],
    ],
    200,
    rounds,
  );
  const official: Time = () => 1000 * (timed(spikeFlow(30), measureOracle(spikes))(1000) as number);
  rows.push(...(await turns('deconvolution, m 30: 1000 steps', [['float64', official]], 1, rounds)));

  await useWasm();
  const [d, m, batch] = [100, 1000, 100];
  const random = seeded(1);
  const numbers = (n: number): number[] => Array.from({ length: n }, () => gaussian(random));
  const inputs = Array.from({ length: batch }, () => numbers(d));
  const target = numbers(batch);
  const network = measureProblem({
    features: neurons({ inputs, activation: 'relu' }),
    loss: squared(target, { scale: 1 / batch }),
    regularizer: unregularized(),
    domain: euclidean(d),
  });
  const start = { positions: Array.from({ length: m }, () => numbers(d)), weights: numbers(m).map((w) => w / m) };
  const flow = (): Flow => explicit(network, { start, step: 1e-3, watch: Infinity });
  const x = tf.tensor2d(inputs);
  const y = tf.tensor1d(target);
  const onWasm = tfjsOracle({
    features: (points) => tf.relu(tf.matMul(points, x, false, true)) as tf.Tensor2D,
    loss: (outputs) => tf.div(tf.sum(tf.square(tf.sub(outputs, y))), 2 * batch) as tf.Scalar,
  });
  rows.push(
    ...(await turns(
      'relu, d 100, m 1000, batch 100: a step',
      [
        ['float64', timed(flow(), measureOracle(network))],
        ['wasm', timed(flow(), onWasm)],
        ['PyTorch, 1 thread', theirs('relu')],
      ],
      5,
      rounds,
    )),
  );
  python?.close();
  return rows;
}
