export { transformer, type LanguageModel, type TransformerOptions } from './transformer.ts';
