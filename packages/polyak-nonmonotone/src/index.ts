export { ponos, type PonosOptions, type PonosState } from './ponos.ts';
export { constantStep, type ConstantStepOptions } from './constant-step.ts';
export type { StepReport, Why } from './report.ts';
export type { GuardOptions, Guards } from './guards.ts';
