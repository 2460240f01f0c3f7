export * from './directions/index.ts';
export { compositeOracle, type CompositeOptions, type JaxCompositeOracle } from './composite-oracle.ts';
export { meanSquaredError, softmaxCrossEntropy } from './losses.ts';
export { oracle, type JaxOracle, type OracleOptions } from './oracle.ts';
export { type CommonOptions, type JaxState } from './open.ts';
export { type ModulePaths } from './modules.ts';
export { type Tree } from './leaves.ts';
