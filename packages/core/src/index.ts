export type { Answer, Housekeeping, Linearization, LinearizeRequest, Oracle } from './oracle.ts';
export type {
  ColumnScaling,
  CompositeOracle,
  Dimensions,
  DisplacementOracle,
  JacobianOracle,
  JacobianRequest,
  KernelRequest,
  ModularOracle,
  ModuleKernelsRequest,
  OutputsAlongOracle,
  PullbackRequest,
  Sizes,
  SizesOracle,
} from './composite-oracle.ts';
export { others } from './composite-oracle.ts';
export type { Matrix } from './matrix.ts';
export type { DualMeasureOracle, MeasureOracle, Particles, Variation, VariationRequest } from './measure-oracle.ts';
export type {
  AcceleratedOracle,
  DirectionName,
  DirectionSummary,
  DirectionalOracle,
  SampleLossOracle,
  AveragingOracle,
  SampleLosses,
  TrialGradientOracle,
  TrialLinearization,
} from './optional-questions.ts';
export type { Work, WorkOracle } from './work.ts';
export { asking, type Asking, type Inquiry, type Question } from './ask.ts';
export type { Method, NamedDirection, Step } from './method.ts';
export { checkNeeds } from './needs.ts';
export { run, runAsync, type RunOptions } from './run.ts';
export { minimize, StepFailed, type Minimization, type MinimizeOptions, type Progress } from './minimize.ts';
export { checkpoint, restore, type Checkpoint } from './checkpoint.ts';
export { counting, type Counts } from './counting.ts';
export { observing, type Observer } from './observing.ts';
export { connect, type Connection, type ConnectOptions, type Remote } from './connect.ts';
export { serve, type Served } from './serve.ts';
export type { EmitterPort, Port, TargetPort } from './port.ts';
export { OverparamError, badOption, finiteStep, isOverparamError, notLinearized, type CoreErrorCode } from './error.ts';
export { nearestName } from './nearest-name.ts';
export { nested, required, withDefaults, type AllOptions, type Defaults, type NestedDefaults } from './options.ts';
export type { Signal } from './signal.ts';
