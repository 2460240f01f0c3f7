import { useWasm } from '@overparam/backend-tfjs-wasm';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { optimizer } from './index.ts';
import { seedRandom } from '../test/seed-random.ts';
import { replayCheck, type ReplayReport } from '../test/replay-check.ts';

type Build = () => tf.layers.Layer[];
interface Case {
  readonly input: 'vector' | 'sequence' | 'signal' | 'image' | 'volume' | 'movie' | 'words';
  readonly layers: Build;
  /** The gradient that tfjs lacks for it, on every backend. */
  readonly lacks?: string;
  /** The kernel that stock tfjs-wasm lacks for it. */
  readonly wasmLacks?: string;
}

const L = tf.layers;
const kernelSize = 3;
const filters = 3;
const inputs = {
  vector: [6],
  sequence: [5, 4],
  signal: [8, 3],
  image: [6, 6, 2],
  volume: [4, 4, 4, 2],
  movie: [3, 5, 5, 2],
  words: [5],
};
const flat = (...layers: tf.layers.Layer[]): tf.layers.Layer[] => [...layers, L.flatten()];

const cases: Record<string, Case> = {
  dense: { input: 'vector', layers: () => [L.dense({ units: 5, activation: 'tanh' })] },
  'dense, regularizers and a constraint': {
    input: 'vector',
    layers: () => [
      L.dense({
        units: 5,
        activation: 'relu',
        kernelRegularizer: 'l1l2',
        biasRegularizer: tf.regularizers.l2({ l2: 1e-2 }),
        kernelConstraint: 'maxNorm',
      }),
    ],
  },
  conv1d: {
    input: 'signal',
    layers: () => flat(L.conv1d({ filters, kernelSize, activation: 'relu' })),
    wasmLacks: 'Conv2DBackpropFilter',
  },
  conv2d: {
    input: 'image',
    layers: () => flat(L.conv2d({ filters, kernelSize, strides: 2, padding: 'same', activation: 'relu' })),
    wasmLacks: 'Conv2DBackpropFilter',
  },
  conv3d: { input: 'volume', layers: () => flat(L.conv3d({ filters, kernelSize, activation: 'relu' })) },
  conv2dTranspose: {
    input: 'image',
    layers: () => flat(L.conv2dTranspose({ filters, kernelSize, strides: 2 })),
    wasmLacks: 'Conv2DBackpropFilter',
  },
  conv3dTranspose: {
    input: 'volume',
    layers: () => flat(L.conv3dTranspose({ filters, kernelSize })),
    lacks: 'Conv3DBackpropInputV2',
  },
  separableConv2d: {
    input: 'image',
    layers: () => flat(L.separableConv2d({ filters, kernelSize })),
    wasmLacks: 'Conv2DBackpropFilter',
  },
  depthwiseConv2d: {
    input: 'image',
    layers: () => flat(L.depthwiseConv2d({ kernelSize, activation: 'sigmoid' })),
    wasmLacks: 'DepthwiseConv2dNativeBackpropFilter',
  },
  convLstm2d: {
    input: 'movie',
    layers: () => flat(L.convLstm2d({ filters, kernelSize, dropout: 0.2, recurrentDropout: 0.2 }) as tf.layers.Layer),
    wasmLacks: 'Conv2DBackpropFilter',
  },
  'cropping, padding, upsampling': {
    input: 'image',
    layers: () =>
      flat(
        L.timeDistributed({ layer: L.dense({ units: 2 }) }),
        L.cropping2D({ cropping: 1 }),
        L.zeroPadding2d({ padding: 1 }),
        L.upSampling2d({ size: [2, 2] }),
      ),
  },
  'pooling 1d': {
    input: 'signal',
    layers: () => flat(L.dense({ units: 3 }), L.maxPooling1d({ poolSize: 2 }), L.averagePooling1d({ poolSize: 2 })),
  },
  'pooling 2d': {
    input: 'image',
    layers: () => flat(L.dense({ units: 3 }), L.maxPooling2d({ poolSize: 2 }), L.averagePooling2d({ poolSize: 2 })),
  },
  'pooling 3d': {
    input: 'volume',
    layers: () => flat(L.dense({ units: 3 }), L.maxPooling3d({ poolSize: 2 }), L.averagePooling3d({ poolSize: 2 })),
  },
  'global pooling 1d': {
    input: 'signal',
    layers: () => [L.dense({ units: 3 }), L.globalAveragePooling1d()],
  },
  'global max pooling 1d': { input: 'signal', layers: () => [L.dense({ units: 3 }), L.globalMaxPooling1d({})] },
  'global pooling 2d': { input: 'image', layers: () => [L.dense({ units: 3 }), L.globalAveragePooling2d({})] },
  'global max pooling 2d': { input: 'image', layers: () => [L.dense({ units: 3 }), L.globalMaxPooling2d({})] },
  dropout: { input: 'vector', layers: () => [L.dense({ units: 8 }), L.dropout({ rate: 0.4 })] },
  'dropout with a seed': { input: 'vector', layers: () => [L.dense({ units: 8 }), L.dropout({ rate: 0.4, seed: 3 })] },
  spatialDropout1d: {
    input: 'signal',
    layers: () => flat(L.dense({ units: 6 }), L.spatialDropout1d({ rate: 0.4 }) as tf.layers.Layer),
  },
  gaussianDropout: { input: 'vector', layers: () => [L.dense({ units: 8 }), L.gaussianDropout({ rate: 0.4 })] },
  gaussianNoise: { input: 'vector', layers: () => [L.dense({ units: 8 }), L.gaussianNoise({ stddev: 0.3 })] },
  alphaDropout: {
    input: 'vector',
    layers: () => [L.dense({ units: 8, activation: 'selu' }), L.alphaDropout({ rate: 0.3 })],
  },
  simpleRNN: {
    input: 'sequence',
    layers: () => [L.simpleRNN({ units: 4, dropout: 0.3, recurrentDropout: 0.3 })],
  },
  lstm: { input: 'sequence', layers: () => [L.lstm({ units: 4, dropout: 0.3, recurrentDropout: 0.3 })] },
  gru: { input: 'sequence', layers: () => [L.gru({ units: 4, dropout: 0.3, recurrentDropout: 0.3 })] },
  'stacked cells': {
    input: 'sequence',
    layers: () => [L.rnn({ cell: [L.lstmCell({ units: 3 }), L.gruCell({ units: 3 })] as never })],
  },
  bidirectional: {
    input: 'sequence',
    layers: () =>
      flat(
        L.bidirectional({
          layer: L.gru({ units: 3, returnSequences: true }) as tf.RNN,
          mergeMode: 'concat',
        }) as tf.layers.Layer,
      ),
  },
  masking: { input: 'sequence', layers: () => [L.masking({ maskValue: 0 }), L.lstm({ units: 3 })] },
  embedding: {
    input: 'words',
    layers: () => flat(L.embedding({ inputDim: 9, outputDim: 4, maskZero: false })),
    wasmLacks: 'UnsortedSegmentSum',
  },
  batchNormalization: { input: 'vector', layers: () => [L.dense({ units: 5 }), L.batchNormalization()] },
  'batchNormalization of images': { input: 'image', layers: () => flat(L.dense({ units: 2 }), L.batchNormalization()) },
  layerNormalization: { input: 'sequence', layers: () => flat(L.dense({ units: 5 }), L.layerNormalization()) },
  'activations with weights and without': {
    input: 'vector',
    layers: () => [
      L.dense({ units: 8 }),
      L.prelu({ alphaInitializer: 'randomUniform' }),
      L.leakyReLU(),
      L.elu(),
      L.activation({ activation: 'swish' }),
      L.dense({ units: 8, activation: 'gelu' as 'relu' }),
      L.dense({ units: 8, activation: 'softplus' }),
      L.softmax(),
    ],
  },
  thresholdedReLU: { input: 'vector', layers: () => [L.dense({ units: 4 }), L.thresholdedReLU()] },
  reshaping: {
    input: 'sequence',
    layers: () =>
      flat(
        L.permute({ dims: [2, 1] }),
        L.dense({ units: 4 }),
        L.reshape({ targetShape: [16] }),
        L.repeatVector({ n: 2 }),
      ),
  },
  rescaling: {
    input: 'image',
    layers: () => flat(L.rescaling({ scale: 0.5 }) as tf.layers.Layer, L.dense({ units: 2 })),
  },
};

const samples = 8;
function data(input: Case['input']): { x: tf.Tensor; y: tf.Tensor } {
  const shape = [samples, ...inputs[input]];
  const x =
    input === 'words'
      ? tf.randomUniform(shape, 0, 9, 'int32', 5).cast('float32')
      : tf.randomNormal(shape, 0, 1, 'float32', 5);
  const y = tf
    .oneHot(
      tf.tensor1d(
        Array.from({ length: samples }, (_, i) => i % 3),
        'int32',
      ),
      3,
    )
    .cast('float32');
  return { x, y };
}

async function train(
  name: string,
  made: tf.Optimizer,
  epochs: number,
): Promise<{ model: tf.LayersModel; again: () => Promise<unknown> }> {
  const { input, layers } = cases[name]!;
  const { x, y } = data(input);
  const model = tf.sequential();
  model.add(L.inputLayer({ inputShape: inputs[input] }) as tf.layers.Layer);
  for (const layer of [...layers(), L.dense({ units: 3, activation: 'softmax' })]) model.add(layer);
  model.compile({ optimizer: made, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const again = (): Promise<unknown> => model.fit(x, y, { epochs, batchSize: 4, verbose: 0 });
  await again();
  return { model, again };
}

const weightsOf = (model: tf.LayersModel): Float32Array[] =>
  model.getWeights().map((weight) => weight.dataSync() as Float32Array);

// The last one changes wasm for good.
describe.each(['cpu', 'wasm', 'useWasm'])('layers on %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'useWasm') await useWasm();
    else await tf.setBackend(backend);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    tf.disposeVariables();
  });

  const lacking = Object.entries(cases).flatMap(([name, { lacks, wasmLacks }]) => {
    const kernel = backend === 'useWasm' ? undefined : (lacks ?? (backend === 'wasm' ? wasmLacks : undefined));
    return kernel ? [[name, kernel] as const] : [];
  });
  const training = Object.keys(cases).filter((name) => !lacking.some(([other]) => other === name));

  it.each(lacking)('%s: stock tfjs lacks %s, for any optimizer', async (name, kernel) => {
    await expect(train(name, tf.train.sgd(1e-3), 1)).rejects.toThrow(kernel);
    await expect(train(name, optimizer(replayCheck()), 1)).rejects.toThrow(kernel);
  });

  it.each(training)('%s: replays to the bit, leaks nothing, and trains as tf.train.sgd does', async (name) => {
    const reports: ReplayReport[] = [];
    seedRandom(7);
    const ours = await train(name, optimizer(replayCheck(), { onReport: (report) => reports.push(report) }), 2);
    const weights = weightsOf(ours.model);
    const before = tf.memory().numTensors;
    await ours.again();
    expect(tf.memory().numTensors).toBe(before);
    expect(reports).toHaveLength(8);
    for (const { value, replayed } of reports) expect(replayed).toBe(value);
    expect(reports.every(({ value }) => Number.isFinite(value))).toBe(true);

    seedRandom(7);
    const theirs = await train(name, tf.train.sgd(1e-3), 2);
    // The cpu backend adds step d in float64, where sgd rounds the product first.
    if (backend !== 'cpu') expect(weightsOf(theirs.model)).toEqual(weights);
    else
      weightsOf(theirs.model).forEach((weight, i) =>
        weight.forEach((value, k) => expect(value).toBeCloseTo(weights[i]![k]!, 6)),
      );
  });
});
