export { myBackend, type LinearModel, type MyBackendOracle } from './my-backend.ts';
