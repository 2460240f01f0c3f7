import { badOption } from '@overparam/core';
import { layerNorm, softmaxCrossEntropy } from '@overparam/backend-tfjs-wasm';
import * as tf from '@tensorflow/tfjs';
import { attention } from './attention.ts';
import { feedForward } from './feed-forward.ts';
import { parameterMaker, type Parameter } from './parameters.ts';
import { switchFeedForward } from './switch-feed-forward.ts';

export interface TransformerOptions {
  /** How many different tokens there are. */
  readonly vocabulary: number;
  /** T, the length of a sequence. */
  readonly length: number;
  readonly layers: number;
  /** d */
  readonly width: number;
  readonly heads: number;
  /** Of the feed-forward blocks; 4 d when absent. */
  readonly hidden?: number;
  /** True (the default): a position sees those before it. False: all, as masked language models do. */
  readonly causal?: boolean;
  /** Whether the output matrix is the embedding's transpose; false when absent. */
  readonly tied?: boolean;
  /** The number of experts that replace each second feed-forward block; none when absent. */
  readonly experts?: number;
  readonly seed: number;
}

/** A network on tokens. */
export interface LanguageModel {
  readonly parameters: readonly Parameter[];
  /**
   * By name, from the input to the output: `embedding`; attention heads, feed-forward blocks and experts, and what else
   * their layer has. The last norm and an untied output matrix are in none.
   */
  readonly modules: Readonly<Record<string, readonly tf.Variable[]>>;
  /** Logits [batch T, vocabulary] of tokens [batch, T], and what is to be added to the loss. */
  forward(tokens: tf.Tensor2D): { readonly logits: tf.Tensor2D; readonly balance: tf.Scalar | undefined };
  /** The mean cross-entropy of predicting `targets`, and with experts the balance loss. */
  loss(tokens: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar;
  dispose(): void;
}

/** GPT-2's: the deviation of weights at the start. */
const DEVIATION = 0.02;
/** Of the balance loss, arXiv 2101.03961. */
const BALANCE = 0.01;

/**
 * A pre-norm transformer: x <- x + attention(norm(x)), x <- x + feedForward(norm(x)) in each layer, a norm and the output
 * matrix at the end; learned positions. With `experts`, each second block is a switch layer (arXiv 2101.03961).
 * @throws OverparamError `BAD_OPTION`
 */
export function transformer(options: TransformerOptions): LanguageModel {
  const {
    vocabulary,
    length,
    layers,
    width,
    heads,
    hidden = 4 * width,
    causal = true,
    tied = false,
    experts,
    seed,
  } = options;
  if (width % heads !== 0) throw badOption('width', width, `a multiple of the ${heads} heads`);
  const make = parameterMaker(seed);
  const common = { width, deviation: DEVIATION, outputDeviation: DEVIATION / Math.sqrt(2 * layers) };
  const norm = (name: string): ((x: tf.Tensor) => tf.Tensor) => {
    const scale = make.constant(`${name}/scale`, [width], 1);
    const offset = make.constant(`${name}/offset`, [width], 0);
    return (x) => layerNorm(x, scale, offset);
  };
  const embedding = make.gaussian('embedding', [vocabulary, width], DEVIATION);
  const positions = make.gaussian('positions', [length, width], DEVIATION);
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const name = `layer${layer}`;
    const first = norm(`${name}/norm1`);
    const attend = attention(make, { ...common, name: `${name}/attention`, heads, causal });
    const second = norm(`${name}/norm2`);
    const switched = experts !== undefined && layer % 2 === 1;
    const feed = switched
      ? switchFeedForward(make, { ...common, name: `${name}/experts`, hidden, experts })
      : feedForward(make, { ...common, name: `${name}/feed-forward`, hidden });
    return { first, attend, second, feed };
  });
  const last = norm('norm');
  const output = tied ? undefined : make.gaussian('output', [width, vocabulary], DEVIATION);

  const forward: LanguageModel['forward'] = (tokens) => {
    const [batch, T] = tokens.shape;
    const balances: tf.Scalar[] = [];
    let x = tf.add(tf.gather(embedding, tokens), tf.slice(positions, [0, 0], [T, width])) as tf.Tensor3D;
    for (const { first, attend, second, feed } of blocks) {
      x = tf.add(x, attend(first(x) as tf.Tensor3D));
      const fed = feed(tf.reshape(second(x), [batch * T, width]));
      if ('balance' in fed) balances.push(fed.balance);
      x = tf.add(x, tf.reshape('balance' in fed ? fed.rows : fed, [batch, T, width]));
    }
    const rows = tf.reshape(last(x), [batch * T, width]);
    const logits = output
      ? tf.matMul(rows, output as tf.Tensor as tf.Tensor2D)
      : tf.matMul(rows, embedding as tf.Tensor as tf.Tensor2D, false, true);
    return {
      logits: logits as tf.Tensor2D,
      balance: balances.length > 0 ? (tf.addN(balances) as tf.Scalar) : undefined,
    };
  };
  return {
    parameters: make.made,
    modules: modulesOf(make.made),
    forward,
    loss(tokens, targets) {
      const { logits, balance } = forward(tokens);
      const hot = tf.oneHot(tf.reshape(targets, [-1]), vocabulary);
      const mean = tf.mean(softmaxCrossEntropy(tf.cast(hot, 'float32'), logits)) as tf.Scalar;
      return balance ? tf.add(mean, tf.mul(BALANCE, balance)) : mean;
    },
    dispose: () => make.made.forEach(({ variable }) => variable.dispose()),
  };
}

/**
 * `embedding`, `layer0/attention` (its norm and bias), `layer0/attention/head1`, `layer0/feed-forward` (with its norm),
 * `layer1/experts` (norm and router), `layer1/experts/expert2`, ...
 */
function modulesOf(parameters: readonly Parameter[]): Record<string, tf.Variable[]> {
  const switched = new Set(parameters.flatMap(({ name }) => /^(layer\d+)\/experts\//.exec(name)?.[1] ?? []));
  const moduleOf = (name: string): string | undefined => {
    if (name === 'embedding' || name === 'positions') return 'embedding';
    const [, layer, part] =
      /^(layer\d+)\/(attention(?:\/head\d+)?|feed-forward|experts(?:\/expert\d+)?|norm\d)\//.exec(name) ?? [];
    if (layer === undefined) return undefined;
    const block =
      part === 'norm1' ? 'attention' : part === 'norm2' ? (switched.has(layer) ? 'experts' : 'feed-forward') : part;
    return `${layer}/${block}`;
  };
  const modules: Record<string, tf.Variable[]> = {};
  for (const { name, variable } of parameters) {
    const module = moduleOf(name);
    if (module !== undefined) (modules[module] ??= []).push(variable);
  }
  return modules;
}
