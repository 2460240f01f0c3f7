export {
  checkMeasure,
  fromRadii,
  measureOf,
  particlesOf,
  toRadii,
  totalVariationOf,
  type Measure,
  type MeasureErrorCode,
  type RadialMeasure,
} from './measure.ts';
export { box, circle, euclidean, sphere, torus, type Domain } from './domain.ts';
export {
  squaredNorm,
  totalVariation,
  unregularized,
  type Regularizer,
  type TotalVariationOptions,
} from './regularizer.ts';
export { energy, measureProblem, type MeasureProblem, type Setting } from './problem.ts';

export type { Features, FeaturesAt } from './features/features.ts';
export { pointwise, type PointwiseFeatures } from './features/pointwise.ts';
export { trigonometric, type TrigonometricOptions } from './features/trigonometric.ts';
export { neurons, type NeuronOptions } from './features/neurons.ts';
export { activations, type Activation, type ActivationName } from './features/activations.ts';
export { gaussianBumps, type GaussianBumpOptions } from './features/gaussian-bumps.ts';
export { checkFeatures, type CheckFeaturesOptions } from './features/check-features.ts';

export type { Loss } from './losses/loss.ts';
export { squared } from './losses/squared.ts';
export { logistic } from './losses/logistic.ts';
export { huber, type HuberOptions } from './losses/huber.ts';

export { measureOracle, type ExactMeasureOracle } from './measure-oracle.ts';
export { gaussianKernel, interaction, type Kernel } from './interaction.ts';
export { sampled } from './sampled.ts';
export { gaussian, seeded, uniform, word, type Random } from './random.ts';

export { grid, onSphere, scattered, type GridOptions, type OnSphereOptions, type ScatteredOptions } from './initial.ts';
export {
  alternatingGrid,
  deconvolution,
  deconvolution1d,
  deconvolution2d,
  randomSpikes,
  type DeconvolutionOptions,
  type RandomSpikesOptions,
} from './deconvolution.ts';

export { explicit, type ExplicitOptions } from './flows/explicit.ts';
export { forwardBackward } from './flows/forward-backward.ts';
export { conic, type ConicOptions, type Retraction } from './flows/conic.ts';
export { ista, mirrorDescent } from './flows/fixed-positions.ts';
export { fista, type Fista, type FistaOptions, type FistaReport, type FistaState } from './flows/fista.ts';
export { particleFlow, type Flow, type FlowOptions, type FlowReport, type FlowState } from './flows/particle-flow.ts';
export type { Lifted, Motion, Moves, Path, SquaredSpeeds } from './flows/motion.ts';
export type { SearchedStep, StepRule } from './flows/step-rule.ts';

export { merge, prune } from './merge.ts';
export { polish, type Polished, type PolishOptions } from './polish.ts';
export {
  certificate,
  certify,
  type Certificate,
  type CertificateOptions,
  type DualCertificate,
} from './certificate/certificate.ts';
export { eta, type Eta } from './certificate/eta.ts';
export type { CertifiedSetting } from './certificate/convex-form.ts';
export type { Peak, PeakOptions } from './certificate/peaks.ts';
export { solve, type Round, type Solution, type SolveOptions } from './solve.ts';

export {
  gaussianHellinger,
  type GaussianHellinger,
  type GaussianHellingerOptions,
} from './distances/gaussian-hellinger.ts';
export { distanceCosts, optimalTransport, type Transport } from './distances/optimal-transport.ts';
export { sinkhorn, type SinkhornOptions } from './distances/sinkhorn.ts';
export { wasserstein, type WassersteinOptions } from './distances/wasserstein.ts';
