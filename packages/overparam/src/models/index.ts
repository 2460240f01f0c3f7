export { lstm, type Lstm, type LstmOptions } from './lstm.ts';
export { transformer, type LanguageModel, type TransformerOptions } from './transformer.ts';
