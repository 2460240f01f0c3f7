import { files, type FileName } from './files.ts';

export interface Images {
  /** Shape [n, 28, 28]: brightness from 0 (background) to 255. */
  readonly images: { readonly shape: readonly [number, number, number]; readonly data: Uint8Array };
  /** Shape [n]: 0 to 9, see `classes`. */
  readonly labels: { readonly shape: readonly [number]; readonly data: Uint8Array };
}

/** 10,000 images to train on, 1,000 of each class, and 2,000 to test with, 200 of each. */
export interface FashionMnist {
  readonly train: Images;
  readonly test: Images;
}

const SIDE = 28;

/** Reads the images and labels of this package. */
export async function load(): Promise<FashionMnist> {
  const [train, test] = await Promise.all([
    set('train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 10_000),
    set('t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte', 2_000),
  ]);
  return { train, test };
}

async function set(images: FileName, labels: FileName, n: number): Promise<Images> {
  const [imageBytes, labelBytes] = await Promise.all([content(images, 16 + n * SIDE * SIDE), content(labels, 8 + n)]);
  return {
    images: { shape: [n, SIDE, SIDE], data: imageBytes.subarray(16) },
    labels: { shape: [n], data: labelBytes.subarray(8) },
  };
}

async function content(name: FileName, length: number): Promise<Uint8Array> {
  const bytes = await gunzipped(await stored(files[name]));
  if (bytes.length === length) return bytes;
  throw new Error(`${name}: ${bytes.length} bytes where ${length} belong: reinstall @overparam/fashion-mnist.`);
}

async function stored(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  // Node's fetch does not read files; and bundlers for browsers must not see an import of Node's.
  if (url.protocol === 'file:') return new Uint8Array(await process.getBuiltinModule('node:fs/promises').readFile(url));
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function gunzipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  // Some servers announce a .gz file as an encoding, and then it arrives decompressed.
  if (!(bytes[0] === 0x1f && bytes[1] === 0x8b)) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
