import * as tf from '@tensorflow/tfjs';

/** A layer and the shapes of its inputs, batch included; where words go in, the number of them. */
export interface LayerCase {
  readonly name: string;
  readonly make: () => tf.layers.Layer;
  readonly inputs: readonly (readonly number[])[];
  readonly words?: number;
  /** Why finite differences are the reference: what the cpu backend gets wrong. */
  readonly cpuIsWrong?: string;
}

const one = (name: string, make: () => tf.layers.Layer, shape: readonly number[]): LayerCase => ({
  name,
  make,
  inputs: [shape],
});
const two = (name: string, make: () => tf.layers.Layer): LayerCase => ({
  name,
  make,
  inputs: [
    [2, 3, 4],
    [2, 3, 4],
  ],
});

const sequence = [2, 5, 3];
const picture = [2, 6, 7, 3];
const film = [2, 4, 5, 4, 2];
const list = [3, 8];

/** Every layer of tfjs-layers that has a gradient in its weights or in its input. */
export const layers: readonly LayerCase[] = [
  one('activation', () => tf.layers.activation({ activation: 'tanh' }), list),
  one('elu', () => tf.layers.elu(), list),
  one('leakyReLU', () => tf.layers.leakyReLU(), list),
  one('prelu', () => tf.layers.prelu(), list),
  one('reLU', () => tf.layers.reLU(), list),
  one('softmax', () => tf.layers.softmax(), list),
  one('thresholdedReLU', () => tf.layers.thresholdedReLU({ theta: 0.3 }), list),

  one('conv1d', () => tf.layers.conv1d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }), sequence),
  one(
    'conv2d',
    () => tf.layers.conv2d({ filters: 5, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
    picture,
  ),
  one(
    'conv2dTranspose',
    () => tf.layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
    picture,
  ),
  one('conv3d', () => tf.layers.conv3d({ filters: 3, kernelSize: 2 }), film),
  one('conv3dTranspose', () => tf.layers.conv3dTranspose({ filters: 3, kernelSize: 2, strides: 2 }), film),
  one('depthwiseConv2d', () => tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }), picture),
  one('separableConv2d', () => tf.layers.separableConv2d({ filters: 4, kernelSize: 3 }), picture),
  one(
    'cropping2D',
    () =>
      tf.layers.cropping2D({
        cropping: [
          [1, 2],
          [2, 1],
        ],
      }),
    picture,
  ),
  {
    ...one('upSampling2d', () => tf.layers.upSampling2d({ size: [2, 3] }), picture),
    cpuIsWrong: 'ResizeNearestNeighborGrad',
  },
  one('zeroPadding2d', () => tf.layers.zeroPadding2d({ padding: 2 }), picture),

  one('averagePooling1d', () => tf.layers.averagePooling1d({ poolSize: 2 }), sequence),
  {
    ...one('averagePooling2d', () => tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }), picture),
    cpuIsWrong: 'AvgPoolGrad counts the padding, which AvgPool does not',
  },
  one('averagePooling3d', () => tf.layers.averagePooling3d({ poolSize: 2 }), film),
  one('maxPooling1d', () => tf.layers.maxPooling1d({ poolSize: 2 }), sequence),
  one('maxPooling2d', () => tf.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }), picture),
  one('maxPooling3d', () => tf.layers.maxPooling3d({ poolSize: 2 }), film),
  one('globalAveragePooling1d', () => tf.layers.globalAveragePooling1d(), sequence),
  one('globalAveragePooling2d', () => tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }), picture),
  one('globalMaxPooling1d', () => tf.layers.globalMaxPooling1d(), sequence),
  one('globalMaxPooling2d', () => tf.layers.globalMaxPooling2d({ dataFormat: 'channelsLast' }), picture),

  one('dense', () => tf.layers.dense({ units: 5, activation: 'sigmoid' }), list),
  one('dropout', () => tf.layers.dropout({ rate: 0.4, seed: 3 }), list),
  one('alphaDropout', () => tf.layers.alphaDropout({ rate: 0.3 }), list),
  one('gaussianDropout', () => tf.layers.gaussianDropout({ rate: 0.3 }), list),
  one('gaussianNoise', () => tf.layers.gaussianNoise({ stddev: 0.3 }), list),
  one('spatialDropout1d', () => tf.layers.spatialDropout1d({ rate: 0.4, seed: 3 }), sequence),
  one('flatten', () => tf.layers.flatten(), picture),
  one('masking', () => tf.layers.masking(), sequence),
  one('permute', () => tf.layers.permute({ dims: [2, 1] }), sequence),
  one('repeatVector', () => tf.layers.repeatVector({ n: 3 }), list),
  one('rescaling', () => tf.layers.rescaling({ scale: 0.5, offset: 1 }), list),
  one('reshape', () => tf.layers.reshape({ targetShape: [4, 2] }), list),
  { name: 'embedding', make: () => tf.layers.embedding({ inputDim: 7, outputDim: 4 }), inputs: [[3, 5]], words: 7 },

  two('add', () => tf.layers.add()),
  two('average', () => tf.layers.average()),
  two('concatenate', () => tf.layers.concatenate()),
  two('dot', () => tf.layers.dot({ axes: 2 })),
  two('maximum', () => tf.layers.maximum()),
  two('minimum', () => tf.layers.minimum()),
  two('multiply', () => tf.layers.multiply()),

  one('batchNormalization', () => tf.layers.batchNormalization(), picture),
  one('layerNormalization', () => tf.layers.layerNormalization(), sequence),

  one(
    'simpleRNN',
    () => tf.layers.simpleRNN({ units: 4, recurrentInitializer: 'glorotNormal', returnSequences: true }),
    sequence,
  ),
  one('gru', () => tf.layers.gru({ units: 4, recurrentInitializer: 'glorotNormal' }), sequence),
  one('lstm', () => tf.layers.lstm({ units: 4, recurrentInitializer: 'glorotNormal' }), sequence),
  one(
    'rnn of stackedRNNCells',
    () => {
      const cell = (): ReturnType<typeof tf.layers.lstmCell> =>
        tf.layers.lstmCell({ units: 3, recurrentInitializer: 'glorotNormal' });
      return tf.layers.rnn({ cell: tf.layers.stackedRNNCells({ cells: [cell(), cell()] }) }) as tf.layers.Layer;
    },
    sequence,
  ),
  one(
    'bidirectional',
    () => {
      const layer = tf.layers.gru({ units: 3, recurrentInitializer: 'glorotNormal' });
      return tf.layers.bidirectional({ layer: layer as never, mergeMode: 'concat' });
    },
    sequence,
  ),
  one('timeDistributed', () => tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 4 }) }), sequence),
  one(
    'convLstm2d',
    () => tf.layers.convLstm2d({ filters: 2, kernelSize: 2, recurrentInitializer: 'glorotNormal' }) as tf.layers.Layer,
    [2, 3, 4, 4, 2],
  ),
];
