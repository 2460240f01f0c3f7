import { badOption, type Matrix, required, withDefaults } from '@overparam/core';
import { activations, type ActivationName } from './activations.ts';
import { checkParameters, checkShape, finite, mismatch } from './check.ts';
import { product, weightsOf, type LayerPass, type LayerWeights, type PlacedLayer } from './dense-layer.ts';
import { denseTangent } from './dense-tangent.ts';
import type { Model } from './model.ts';
import { rowsOf } from './rows.ts';

/** a -> s(scale a W + b), with W of inputs x units. */
export interface DenseLayer {
  readonly units: number;
  /** 'linear' when absent. */
  readonly activation?: ActivationName;
  /** Whether there is a b; true when absent. */
  readonly bias?: boolean;
  /** A factor of a W that is not trained: 1/M makes a mean-field output of M units, 1/sqrt(M) an NTK one. */
  readonly scale?: number;
  /** Not trained: it is not a module, and the others' derivatives are the same. */
  readonly frozen?: boolean;
  /** The name of the module; 'dense0', 'dense1', ... by the layer's place when absent. */
  readonly name?: string | undefined;
}

const layerDefaults: Required<DenseLayer> = {
  units: required,
  activation: 'linear',
  bias: true,
  scale: 1,
  frozen: false,
  name: undefined,
};

export interface DenseNetwork extends Model {
  /** The parameters of these weights, in the layers' order. */
  pack(weights: readonly LayerWeights[]): Float64Array;
  /** The weights, layer by layer, of these parameters. */
  unpack(w: ArrayLike<number>): LayerWeights[];
}

/**
 * A fully connected network at N inputs. Its tangent kernel is computed layer by layer as a Hadamard product of two Gram
 * matrices; nothing of size N x P is ever made, except by `jacobian`.
 *
 * @param inputs N x d
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, `NOT_FINITE`, `SHAPE_MISMATCH`
 */
export function denseNetwork(options: {
  readonly inputs: Matrix;
  readonly layers: readonly DenseLayer[];
}): DenseNetwork {
  const { inputs, layers: given } = withDefaults('denseNetwork', { inputs: required, layers: required }, options) as typeof options; // prettier-ignore
  if (!Array.isArray(given)) throw badOption('layers', given, 'an array of layers');
  const layers = given.map((layer: DenseLayer, l) =>
    withDefaults(`layers[${l}] of denseNetwork`, layerDefaults, layer),
  );
  if (!(inputs.rows >= 1))
    throw mismatch(`The inputs are ${inputs.rows} x ${inputs.columns}: there must be one sample.`);
  checkShape('The matrix of the inputs', inputs, inputs.rows, inputs.columns);
  const x: Matrix = { ...inputs, data: finite('The input', Float64Array.from(inputs.data)) };
  const placed = place(layers, x.columns);
  const last = placed.at(-1)!;
  const parameters = last.range[1];
  const trained = placed.flatMap(({ name, range }, l) => (layers[l]!.frozen ? [] : [[name, range] as const]));
  const modules = Object.fromEntries(trained);
  if (trained.length === 0) throw badOption('layers', 'all frozen', 'one layer or more that is trained');
  if (Object.keys(modules).length !== trained.length)
    throw badOption('layers', trained.map(([name]) => name).join(', '), 'layers of different names');
  return {
    samples: x.rows,
    outputs: last.units,
    parameters,
    modules,
    at(w) {
      let passed: { readonly outputs: Matrix; readonly passes: readonly LayerPass[] } | undefined;
      return denseTangent(() => (passed ??= forward(placed, x, w)));
    },
    take: (samples) => denseNetwork({ inputs: rowsOf(x, samples), layers }),
    pack(weights) {
      if (weights.length !== placed.length)
        throw mismatch(`There are weights of ${weights.length} layers: the network has ${placed.length}.`);
      const w = new Float64Array(parameters);
      placed.forEach(({ name, inputs, units, bias, range: [from, to] }, l) => {
        const { kernel, bias: b } = weights[l]!;
        w.set(checkShape(`The kernel of ${name}`, kernel, inputs, units).data, from);
        if ((b?.length ?? 0) !== (bias ? units : 0))
          throw mismatch(`The bias of ${name} has ${b?.length ?? 0} numbers: it takes ${bias ? units : 0}.`);
        if (b) w.set(b, to - units);
      });
      return w;
    },
    unpack(w) {
      const copy = checkParameters(w, parameters);
      return placed.map((layer) => {
        const { kernel, bias } = weightsOf(layer, copy);
        return { kernel: { ...kernel, data: kernel.data.slice() }, ...(bias && { bias: bias.slice() }) };
      });
    },
  };
}

function place(layers: readonly Required<DenseLayer>[], inputs: number): readonly PlacedLayer[] {
  if (layers.length === 0) throw badOption('layers', '[]', 'one layer or more');
  let from = 0;
  let width = inputs;
  return layers.map(({ units, activation, bias, scale, ...layer }, l) => {
    const { name = `dense${l}` } = layer;
    if (!(Number.isInteger(units) && units >= 1))
      throw badOption(`layers[${l}].units`, units, 'a whole number, 1 or more');
    if (!Object.hasOwn(activations, activation))
      throw badOption(`layers[${l}].activation`, activation, `one of ${Object.keys(activations).join(', ')}`);
    for (const [option, value] of Object.entries({ bias, frozen: layer.frozen }))
      if (typeof value !== 'boolean') throw badOption(`layers[${l}].${option}`, value, 'true or false');
    if (!Number.isFinite(scale)) throw badOption(`layers[${l}].scale`, scale, 'a finite number');
    const to = from + (width + (bias ? 1 : 0)) * units;
    const placed = {
      name,
      inputs: width,
      units,
      bias,
      scale,
      activation: activations[activation],
      range: [from, to],
    } as const;
    from = to;
    width = units;
    return placed;
  });
}

function forward(
  layers: readonly PlacedLayer[],
  x: Matrix,
  w: Float64Array,
): { readonly outputs: Matrix; readonly passes: readonly LayerPass[] } {
  let a = x;
  const passes = layers.map((layer): LayerPass => {
    const { kernel: W, bias } = weightsOf(layer, w);
    const { units, scale, activation } = layer;
    const z = product(a, W);
    z.data.forEach((aW, i) => (z.data[i] = scale * aW + (bias ? bias[i % units]! : 0)));
    const pass = { layer, a, W, slope: { ...z, data: z.data.map(activation.slope) } };
    a = { ...z, data: z.data.map(activation.value) };
    return pass;
  });
  return { outputs: a, passes };
}
