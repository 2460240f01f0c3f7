export { activations, type Activation, type ActivationName } from './activations.ts';
export { composite, type CompositeOptions, type Float64CompositeOracle } from './composite.ts';
export { type LayerWeights } from './dense-layer.ts';
export { denseNetwork, type DenseLayer, type DenseNetwork } from './dense-network.ts';
export { type ExplicitModel } from './explicit-model.ts';
export {
  adagrad,
  adam,
  adamw,
  amsgrad,
  gradient,
  momentum,
  nesterov,
  rmsprop,
  type AdagradOptions,
  type AdamOptions,
  type AdamWOptions,
  type Direction,
  type DirectionRule,
  type DirectionRuleName,
  type MomentumOptions,
  type RmspropOptions,
  type RuleOutput,
  type SavedMoments,
} from './directions/index.ts';
export { functionOracle, type FunctionOracleOptions, type ValueAndGradient } from './function-oracle.ts';
export { type Loss, type LossOptions } from './losses/loss.ts';
export { logistic } from './losses/logistic.ts';
export { poisson } from './losses/poisson.ts';
export { namedRho, rho, type Rho, type RhoName } from './losses/rho.ts';
export { robust, type RobustOptions } from './losses/robust.ts';
export { softmaxCrossEntropy } from './losses/softmax-cross-entropy.ts';
export { squaredError } from './losses/squared-error.ts';
export { type Model, type Tangent } from './model.ts';
export { type Modules, type Range } from './modules.ts';
export { residualOracle, type ResidualOracleOptions } from './residual-oracle.ts';
export { type Float64Oracle, type OracleState } from './stepping.ts';
export { type Synchronous } from './synchronous.ts';
