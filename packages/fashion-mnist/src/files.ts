/** The four files' names, as the official distribution has them (there with a `.gz` at the end). */
export type FileName =
  'train-images-idx3-ubyte' | 'train-labels-idx1-ubyte' | 't10k-images-idx3-ubyte' | 't10k-labels-idx1-ubyte';

/** Where this package's gzip IDX files are: file URLs in Node, assets with a bundler. */
export const files: Readonly<Record<FileName, URL>> = {
  'train-images-idx3-ubyte': new URL('../data/train-images-idx3-ubyte.gz', import.meta.url),
  'train-labels-idx1-ubyte': new URL('../data/train-labels-idx1-ubyte.gz', import.meta.url),
  't10k-images-idx3-ubyte': new URL('../data/t10k-images-idx3-ubyte.gz', import.meta.url),
  't10k-labels-idx1-ubyte': new URL('../data/t10k-labels-idx1-ubyte.gz', import.meta.url),
};
