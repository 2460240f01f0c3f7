export { optimizer, registerMethods, type MethodOptimizer, type OptimizerOptions } from './optimizer.ts';
export type { MethodFactory } from './method-registry.ts';
export { knownEnd, type KnownEnd } from './known-end.ts';
export { oracle, type OracleOptions, type TfjsOracle } from './oracles/oracle.ts';
export { compositeOracle, type CompositeOracleOptions, type TfjsCompositeOracle } from './oracles/composite-oracle.ts';
export type { Averaged, WithAverageOptions } from './oracles/average.ts';
export type { Modules, ModulesOption, VariableSlice } from './modules/modules.ts';
export {
  filters,
  group,
  heads,
  layers,
  modulesOf,
  type HeadsOptions,
  type ModelWithLayers,
  type ModuleRule,
  type NamedParameter,
  type ParametersOfModel,
  type Which,
} from './modules/modules-of.ts';
export { fit, type FitOptions, type FitProgress, type Fitted } from './fit/fit.ts';
export {
  spectraRecorder,
  type SpectraRecord,
  type SpectraRecorder,
  type SpectraRecorderOptions,
} from './spectra-recorder.ts';
export type { FitCallback } from './fit/callbacks.ts';
export type { FitCheckpoint, SavedTensor } from './fit/checkpoint.ts';
export type { LossName, SampleLoss } from './fit/losses.ts';
export type { ModelLoss, Tensors, TrainableModel } from './fit/model-problem.ts';
export type { Outputs } from './oracles/outputs.ts';
export type { NamedTensor } from './recording/engine.ts';
export {
  gradient,
  momentum,
  nesterov,
  adam,
  adamw,
  adagrad,
  amsgrad,
  rmsprop,
  type AdagradOptions,
  type AdamOptions,
  type AdamWOptions,
  type Direction,
  type DirectionRule,
  type MomentumOptions,
  type RmspropOptions,
  type RuleInput,
  type RuleOutput,
} from './directions/index.ts';
export { measureOracle, type MeasureOracleOptions } from './measure/measure-oracle.ts';
export { fromModel, toModel, type HiddenLayer, type TwoLayerModel } from './measure/two-layer-model.ts';
