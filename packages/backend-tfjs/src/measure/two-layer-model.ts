import { tensor1d, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';

/** What is used of a tfjs layer. */
interface DenseLayer {
  readonly name: string;
  getClassName(): string;
  getConfig(): object;
  getWeights(): Tensor[];
  setWeights(weights: Tensor[]): void;
}

/** A LayersModel, as far as it counts here. */
export interface TwoLayerModel {
  readonly layers: readonly DenseLayer[];
}

/** The hidden neurons of a two-layer model as a measure: f(x) = sum_i weights[i] sigma(<a_i, x> + b_i) + outputBias. */
export interface HiddenLayer {
  /** Positions are (a_i), or (a_i, b_i) with `bias`. Plain data, as flows take it. */
  readonly measure: { readonly positions: number[][]; readonly weights: number[] };
  /** The activation's name in tfjs. */
  readonly activation: string;
  readonly bias: boolean;
  readonly outputBias: number;
}

/**
 * The hidden layer of a trained model of two dense layers with one linear output, as a measure.
 * @throws OverparamError `NOT_TWO_LAYERS`, which says what the model has instead
 */
export function fromModel(model: TwoLayerModel): HiddenLayer {
  const { hidden, output, activation } = denseLayers(model);
  const [kernel, biases] = hidden.getWeights() as [Tensor, Tensor?];
  const [top, outputBias] = output.getWeights() as [Tensor, Tensor?];
  const [d, m] = kernel.shape as [number, number];
  const a = kernel.dataSync();
  const b = biases?.dataSync();
  const positions = Array.from({ length: m }, (_, i) => [
    ...Array.from({ length: d }, (_, k) => a[k * m + i]!),
    ...(b ? [b[i]!] : []),
  ]);
  return {
    measure: { positions, weights: Array.from(top.dataSync()) },
    activation,
    bias: b !== undefined,
    outputBias: outputBias?.dataSync()[0] ?? 0,
  };
}

/**
 * Writes a measure to a model of that shape: as many hidden units as the measure has particles.
 *
 * @param outputBias the bias of the output; as it is, if absent
 * @throws OverparamError `NOT_TWO_LAYERS`, `SHAPE_MISMATCH`; the model is then as it was
 */
export function toModel(
  { positions, weights }: { readonly positions: readonly (readonly number[])[]; readonly weights: readonly number[] },
  model: TwoLayerModel,
  { outputBias }: { readonly outputBias?: number } = {},
): void {
  const { hidden, output } = denseLayers(model);
  const [kernel, biases] = hidden.getWeights() as [Tensor, Tensor?];
  const [d, m] = kernel.shape as [number, number];
  const size = biases ? d + 1 : d;
  if (weights.length !== m || positions.length !== m)
    throw new OverparamError('SHAPE_MISMATCH', `The measure has ${positions.length} particles and the layer '${hidden.name}' ${m} units: make a model with ${positions.length} units.`); // prettier-ignore
  const bad = positions.findIndex((x) => x.length !== size);
  if (bad >= 0)
    throw new OverparamError('SHAPE_MISMATCH', `positions[${bad}] has ${positions[bad]!.length} numbers: the layer '${hidden.name}' takes ${d} inputs${biases ? ' and a bias' : ''}.`); // prettier-ignore
  const [, ownBias] = output.getWeights() as [Tensor, Tensor?];
  if (outputBias !== undefined && !ownBias)
    throw new OverparamError(
      'SHAPE_MISMATCH',
      `The layer '${output.name}' has no bias, and outputBias is ${outputBias}.`,
    );
  tidy(() => {
    const a = tensor2d(
      Float32Array.from({ length: d * m }, (_, j) => positions[j % m]![Math.floor(j / m)]!),
      [d, m],
    );
    const b = tensor1d(Float32Array.from(positions, (x) => x[d] ?? 0));
    const top = tensor2d(Float32Array.from(weights), [m, 1]);
    const outer = outputBias === undefined ? ownBias : tensor1d([outputBias]);
    hidden.setWeights(biases ? [a, b] : [a]);
    output.setWeights(ownBias ? [top, outer!] : [top]);
  });
}

function denseLayers({ layers }: TwoLayerModel): { hidden: DenseLayer; output: DenseLayer; activation: string } {
  const real = layers.filter((layer) => layer.getClassName() !== 'InputLayer');
  const [hidden, output] = real;
  const shown = real.map((layer) => `${layer.name} (${layer.getClassName()})`).join(', ') || 'no layers';
  const wrong = (why: string): OverparamError =>
    new OverparamError('NOT_TWO_LAYERS', `The model is no hidden dense layer under one linear output: ${why}.`);
  if (real.length !== 2 || !real.every((layer) => layer.getClassName() === 'Dense')) throw wrong(`it has ${shown}`);
  const activationOf = (layer: DenseLayer): string =>
    (layer.getConfig() as { activation?: string }).activation ?? 'linear';
  if (activationOf(output!) !== 'linear')
    throw wrong(`the activation of '${output!.name}' is ${activationOf(output!)}`);
  const units = output!.getWeights()[0]?.shape[1];
  if (units !== 1) throw wrong(`'${output!.name}' has ${units ?? 'unbuilt'} outputs`);
  return { hidden: hidden!, output: output!, activation: activationOf(hidden!) };
}
