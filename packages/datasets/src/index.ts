export type { DenseArray, LabelledImages, Numbers } from './array.ts';
export type { ByteStream, Source, SourceOptions } from './source.ts';
export type { DataErrorCode } from './data-error.ts';
export { readIdx, readLabelledIdx, type LabelledIdxOptions } from './idx.ts';
export { readCifar, type CifarOptions } from './cifar.ts';
export { dense, readLibsvm, type LibsvmOptions, type SparseRows } from './libsvm.ts';
export { readCsv, type CsvOptions, type Table } from './csv.ts';
export { readNistStrd, type NistStrd } from './read-nist-strd.ts';
export { lines, type TextOptions } from './lines.ts';
