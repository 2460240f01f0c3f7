export { gaussNewton, type GaussNewtonOptions, type GaussNewtonReport, type GaussNewtonState } from './gauss-newton.ts';
export {
  levenbergMarquardt,
  type Attempt,
  type LevenbergMarquardtOptions,
  type LevenbergMarquardtReport,
  type LevenbergMarquardtState,
} from './levenberg-marquardt.ts';
export { type DampingOption, type DampingRules } from './damping/dampings.ts';
export { type TrustOption, type TrustRules } from './trust/trusts.ts';
export { type GeodesicOption, type GeodesicOptions } from './geodesic.ts';
export { type ScalingOption } from './scaling.ts';
export { type ConjugateGradientOptions, type SolverName } from './solver.ts';
export { type Curvature } from './linearise.ts';
export { type StepSearch } from './step-search.ts';
export { type StepSizeOptions } from './step-size.ts';
export { type StopOptions, type StopReason } from './stop.ts';
export { type GaussNewtonOracle } from './oracle.ts';
