export type { NistModel } from './models.ts';
export { nistStrd, type NistProblem } from './problems.ts';
