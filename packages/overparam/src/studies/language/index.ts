export { switchLm, transformerLm } from './studies.ts';
