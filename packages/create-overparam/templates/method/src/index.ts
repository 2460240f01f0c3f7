export { myMethod, type MyMethodOptions, type MyMethodReport, type MyMethodState } from './my-method.ts';
