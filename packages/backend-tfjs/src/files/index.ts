export { file, type FileHandler } from './file.ts';
