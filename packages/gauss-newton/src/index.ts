export { gaussNewton, type GaussNewtonOptions, type GaussNewtonReport, type GaussNewtonState } from './gauss-newton.ts';
export {
  levenbergMarquardt,
  type Attempt,
  type LevenbergMarquardtOptions,
  type LevenbergMarquardtReport,
  type LevenbergMarquardtState,
} from './levenberg-marquardt.ts';
export { covariance, type CovarianceOptions } from './covariance.ts';
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
export { type Bounds, type BoundsPair } from './least-squares/box.ts';
export { type Covariance } from './least-squares/covariance.ts';
export { fitCurve, type Curve, type CurveFit } from './least-squares/fit-curve.ts';
export { leastSquares } from './least-squares/least-squares.ts';
export { type LeastSquaresOptions, type LeastSquaresStep, type LeastSquaresStop } from './least-squares/options.ts';
export { type LeastSquaresResult } from './least-squares/result.ts';
export { type Differences } from './least-squares/differences.ts';
export { type Jacobian, type ProblemOptions } from './least-squares/problem.ts';
