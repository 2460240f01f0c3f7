/** What is measured, as plain data that the workers of every language read. */
export type Case = MatMulCase | StepCase;

export interface MatMulCase {
  readonly id: string;
  readonly kind: 'matMul';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Number of products in one call; 1 means matrices of rank 2. */
  readonly batch: number;
}

/** One training step: forward, backward, update, and the loss read back. */
export interface StepCase {
  readonly id: string;
  readonly kind: 'step';
  readonly title: string;
  readonly model: 'mlp' | 'small-mlp' | 'lenet' | 'resnet' | 'lstm' | 'transformer' | 'embedding';
  readonly optimizer: 'sgd' | 'adam';
  /** Contestants that would take an hour, and why. */
  readonly tooSlow?: Readonly<Record<string, string>>;
}

const transposes = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

function matMul(m: number, n: number, k: number, transposeA: boolean, transposeB: boolean, batch = 1): MatMulCase {
  const [left, right] = [transposeA ? 'At' : 'A', transposeB ? 'Bt' : 'B'];
  const size = m === n && n === k ? `${m}` : `${m}x${n}x${k}`;
  const id = `matMul ${batch > 1 ? `${batch} x ` : ''}${size} ${left} ${right}`;
  return { id, kind: 'matMul', m, n, k, transposeA, transposeB, batch };
}

const step = (
  id: string,
  title: string,
  model: StepCase['model'],
  optimizer: StepCase['optimizer'] = 'sgd',
): StepCase => ({
  id,
  kind: 'step',
  title,
  model,
  optimizer,
});

export const cases: readonly Case[] = [
  ...[256, 512, 1024].flatMap((size) => transposes.map(([a, b]) => matMul(size, size, size, a, b))),
  ...transposes.map(([a, b]) => matMul(128, 128, 128, a, b, 16)),
  // The three products of a dense layer 784-1000 at batch 128: forward, gradient of the weights, gradient of the input.
  matMul(128, 1000, 784, false, false),
  matMul(784, 1000, 128, true, false),
  matMul(128, 784, 1000, false, true),
  // The two products of attention: 4 heads, T = 64, batch 16.
  matMul(64, 64, 32, false, true, 64),
  matMul(64, 32, 64, false, false, 64),
  step('mlp-sgd', 'MLP 784-1000-10, batch 128, SGD', 'mlp'),
  step('mlp-adam', 'MLP 784-1000-10, batch 128, Adam', 'mlp', 'adam'),
  step('small-mlp', 'MLP 20-64-64-3, batch 64, SGD', 'small-mlp'),
  step('lenet', 'LeNet-5 28x28, batch 64, SGD', 'lenet'),
  step('resnet', 'ResNet 32x32, 3 blocks, batch 32, SGD', 'resnet'),
  step('lstm', 'LSTM 32-128, T 32, batch 32, SGD', 'lstm'),
  step('transformer', 'Transformer block d 128, 4 heads, T 64, batch 16, SGD', 'transformer'),
  {
    ...step('embedding', 'Embedding 10000x64, T 64, batch 64, SGD', 'embedding'),
    tooSlow: { cpu: 'it goes through all rows of the gradient once for each of the 10,000 words' },
  },
];

export const titleOf = (measured: Case): string => (measured.kind === 'step' ? measured.title : measured.id);

/** Floating point operations of one repetition, where they are all in one product. */
export const flopsOf = (measured: Case): number | undefined =>
  measured.kind === 'matMul' ? 2 * measured.m * measured.n * measured.k * measured.batch : undefined;
