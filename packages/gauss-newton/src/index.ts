export { gaussNewton, type GaussNewtonOptions, type GaussNewtonReport, type GaussNewtonState } from './gauss-newton.ts';
export {
  levenbergMarquardt,
  type Attempt,
  type LevenbergMarquardtOptions,
  type LevenbergMarquardtReport,
  type LevenbergMarquardtState,
} from './levenberg-marquardt.ts';
export { type GaussNewtonOracle } from './oracle.ts';
