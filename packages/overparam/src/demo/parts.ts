/** One of the systems, on the smallest experiment that shows what its paper is known for. */
export interface Part {
  /** For its folder. */
  readonly name: string;
  readonly system: string;
  /** What the figures are to show. */
  readonly shows: string;
  /** The experiment, or the study, with options as `overparam run` takes them. */
  readonly experiment: string;
  readonly options: Readonly<Record<string, string>>;
  /** Names of figures: the first is the one in the picture. */
  readonly figures: readonly [string, ...string[]];
  readonly install: string;
}

export const parts: readonly Part[] = [
  {
    name: 'ponos',
    system: 'Line searches without a learning rate',
    shows:
      'PoNoS tries the step of Polyak on each batch, and takes it if the loss does not rise above a weighted mean of the past: steps may be long, and little is searched. SLS has to fall at each step, SPS does not look. None of the three has a learning rate; Adam and SGD have one that suits them.',
    experiment: 'fashion-mnist',
    options: { model: 'mlp-128', epochs: '5' },
    figures: ['loss-epochs', 'step-size'],
    install: '@overparam/polyak-nonmonotone @overparam/backend-tfjs @overparam/backend-tfjs-wasm @tensorflow/tfjs @tensorflow/tfjs-backend-wasm', // prettier-ignore
  },
  {
    name: 'gauss-newton',
    system: 'Gauss-Newton for more parameters than samples',
    shows:
      'A student of many hidden units learns from a teacher of five. Hidden learning: long before the outputs are right, the features are. Whoever fits a new output layer to them sees it, in the test loss.',
    experiment: 'hidden-learning',
    options: { methods: 'gn', lambda: '6', samples: '300', testSamples: '1000', steps: '80' },
    figures: ['hidden-learning', 'distance'],
    install: '@overparam/gauss-newton @overparam/backend-float64',
  },
  {
    name: 'mat',
    system: 'Modular adaptive training',
    shows:
      'Of a transformer, MAT trains only the attention heads and feed-forward blocks whose tangent kernels have a large lambda_max, and chooses again during training. It reaches the loss of full training with a part of the arithmetic.',
    experiment: 'transformer-lm',
    options: { methods: 'full,mat', steps: '150', every: '25', measureEvery: '15' },
    figures: ['validation-work', 'lambda-max'],
    install: '@overparam/mntk-mat @overparam/polyak-nonmonotone @overparam/backend-tfjs @overparam/backend-tfjs-wasm @tensorflow/tfjs @tensorflow/tfjs-backend-wasm', // prettier-ignore
  },
  {
    name: 'particles',
    system: 'Particle flows over measures',
    shows:
      'Thirty particles move on a circle, and their weights with them, to explain a blurred signal by few spikes. The certificate proves it: a measure is optimal if and only if eta stays in the band and touches its edge where the measure has mass.',
    experiment: 'deconvolution-1d',
    options: {},
    figures: ['flow', 'certificate'],
    install: '@overparam/wasserstein-flow',
  },
];
