export { ponos, type PonosOptions, type PonosState } from './ponos.ts';
export { ponosReset0, zhangEvery2, type EveryState, type ZhangEvery2Options } from './ponos-variants.ts';
export {
  crossBatchGrippo,
  monotonePolyak,
  singleBatchGrippo,
  type GrippoOptions,
  type MonotonePolyakOptions,
} from './references.ts';
export { sls, slsGoldstein, type SlsOptions } from './sls.ts';
export {
  slsPonos,
  zhangReset2,
  zhangReset3,
  zhangReset4,
  type SlsPonosOptions,
  type ZhangResetOptions,
} from './sls-ponos.ts';
export { slsAccelerated, type SlsAcceleratedOptions, type SlsAcceleratedState } from './sls-accelerated.ts';
export { slsExtragradient, type SlsExtragradientOptions } from './sls-extragradient.ts';
export { sps, spsPonos, type SpsOptions, type SpsPonosOptions, type SpsState } from './sps.ts';
export { decsps, type DecSpsOptions } from './decsps.ts';
export { adaSls, adaSlsHeavyBall, type AdaSlsOptions, type AdaSlsState } from './ada-sls.ts';
export { ponosPrec, slsPrec, spsPrec, type Norm, type PrecOptions, type PrecState } from './ponos-prec.ts';
export { ponosAdam, type PonosAdamOptions, type PonosAdamReport, type PonosAdamState } from './ponos-adam.ts';
export type { LinearDecay } from './linear-decay.ts';
export { constantStep, type ConstantStepOptions } from './constant-step.ts';

export { armijoSearch, lineSearchMethod, type Parts } from './line-search-method.ts';
export { stepRuleMethod, type StepRule } from './step-rule-method.ts';
export { polyakStart, type PolyakStartOptions, type PolyakStartState } from './polyak-start.ts';
export { slsStart, type SlsStartOptions, type SlsStartState } from './sls-start.ts';
export type { InitialStep, Outcome } from './initial-step.ts';
export type { Reset, ResetOption } from './reset.ts';

export type { Preconditioned, Preconditioner } from './preconditioner.ts';
export type { StepReport, Why } from './report.ts';
export type { GuardOptions, Guards } from './guards.ts';
