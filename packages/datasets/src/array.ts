/** The typed arrays that a file's numbers are read into. */
export type Numbers = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** A dense array: `data` holds the product of `shape` numbers, the last index running fastest. */
export interface DenseArray<Data extends Numbers = Numbers> {
  readonly shape: readonly number[];
  readonly data: Data;
}

/** Images with a class each. */
export interface LabelledImages {
  /** Shape [n, height, width] or [n, height, width, channels], bytes from 0 to 255. */
  readonly images: DenseArray<Uint8Array>;
  /** Shape [n], whole numbers from 0 to classes - 1. */
  readonly labels: DenseArray<Uint8Array>;
}
