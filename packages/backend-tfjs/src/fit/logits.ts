import { sigmoid, softmax, type Tensor } from '@tensorflow/tfjs-core';

/** What is used of an activation of tfjs-layers. */
interface Activation {
  getClassName(): string;
  apply(x: Tensor, axis?: number): Tensor;
}

interface Layer {
  readonly name: string;
  activation?: Activation | null;
  readonly axis?: number;
  softmax?: (x: Tensor, axis?: number) => Tensor;
  readonly inboundNodes?: readonly unknown[];
  readonly outboundNodes?: readonly unknown[];
  readonly outputs?: readonly { readonly sourceLayer: Layer; readonly shape: readonly unknown[] }[];
  readonly getClassName?: () => string;
}

/** The last function of a model's output, from which its logits can be had. */
export interface LastActivation {
  readonly kind: 'softmax' | 'sigmoid';
  /** Runs `body` with the layer giving its logits; the layer is as before afterwards. */
  without<T>(body: () => T): T;
}

/** What the activations make of logits. */
export const activated: Readonly<Record<LastActivation['kind'], (logits: Tensor) => Tensor>> = { softmax, sigmoid };

/** For each output of a `tf.LayersModel` its softmax or sigmoid, where that is the last thing its own layer does. */
export function lastActivations(model: object): readonly (LastActivation | undefined)[] {
  const { outputs } = model as { readonly outputs?: Layer['outputs'] };
  const layers = (outputs ?? []).map(({ sourceLayer }) => lastLayer(sourceLayer));
  const rank = (i: number): number => outputs![i]!.shape.length;
  // A layer that gives several outputs has no logits of one of them alone.
  return layers.map((layer, i) => (layer && layers.indexOf(layer) === i ? activationOf(layer, rank(i)) : undefined));
}

/** The layer that makes the values of an output, through nested models; undefined where others use it too. */
function lastLayer(layer: Layer): Layer | undefined {
  if ((layer.inboundNodes?.length ?? 1) > 1 && !layer.outputs) return undefined;
  if ((layer.outboundNodes?.length ?? 0) > 0 && !layer.outputs) return undefined;
  if (!layer.outputs) return layer;
  return layer.outputs.length === 1 ? lastLayer(layer.outputs[0]!.sourceLayer) : undefined;
}

function activationOf(layer: Layer, rank: number): LastActivation | undefined {
  const className = layer.getClassName?.();
  if (className === 'Softmax' && typeof layer.softmax === 'function') {
    if (layer.axis !== -1 && layer.axis !== rank - 1) return undefined;
    return { kind: 'softmax', without: (body) => replacing(layer, 'softmax', (x: Tensor) => x, body) };
  }
  const kind = layer.activation?.getClassName?.();
  if (!['Dense', 'Activation', 'Conv1D', 'Conv2D', 'Conv3D'].includes(className ?? '')) return undefined;
  if (kind !== 'softmax' && kind !== 'sigmoid') return undefined;
  const linear: Activation = { getClassName: () => 'linear', apply: (x) => x };
  return { kind, without: (body) => replacing(layer, 'activation', linear, body) };
}

function replacing<O extends object, K extends keyof O, T>(of: O, key: K, value: O[K], body: () => T): T {
  const before = of[key];
  of[key] = value;
  try {
    return body();
  } finally {
    of[key] = before;
  }
}
