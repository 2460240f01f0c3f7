export { testMethod, type MethodClaims, type MethodOptions } from './test-method.ts';
export { testBackend, type BackendOptions } from './test-backend.ts';
export { PromiseBroken } from './promise-broken.ts';
export type { Promised } from './promise.ts';
export type { Effort } from './check.ts';
export type { Runner, RunnerOptions } from './runner.ts';
export type { Problem, Rows } from './problem.ts';
export type { AnyOracle, MakeOracle, Subject } from './subject.ts';
export type { Numbers, Precision } from './precision.ts';
