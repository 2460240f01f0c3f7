import { badOption, required, withDefaults } from '@overparam/core';
import type { DenseArray, LabelledImages, Numbers } from './array.ts';
import { byteReader, type ByteReader } from './byte-reader.ts';
import { dataError } from './data-error.ts';
import { checkMaxBytes, sourceDefaults, type Source, type SourceOptions } from './source.ts';

/** IDX type codes (the magic number's third byte), after Y. LeCun's description of MNIST's files. */
const TYPES: ReadonlyMap<number, { readonly of: new (buffer: ArrayBuffer) => Numbers; readonly size: 1 | 2 | 4 | 8 }> =
  new Map([
    [0x08, { of: Uint8Array, size: 1 }],
    [0x09, { of: Int8Array, size: 1 }],
    [0x0b, { of: Int16Array, size: 2 }],
    [0x0c, { of: Int32Array, size: 4 }],
    [0x0d, { of: Float32Array, size: 4 }],
    [0x0e, { of: Float64Array, size: 8 }],
  ]);

/**
 * Reads an IDX file (MNIST's format), plain or gzip.
 *
 * @returns the array in the file's own type: Uint8Array for MNIST
 * @throws OverparamError `DATA_WRONG_FORMAT`, `DATA_TRUNCATED`, `DATA_OVERSIZED`, `DATA_DAMAGED`, `DATA_TOO_LARGE`, each
 *   with the byte offset (of the decompressed data)
 */
export async function readIdx(source: Source, given: SourceOptions = {}): Promise<DenseArray> {
  const options = withDefaults('readIdx', sourceDefaults, given);
  const { name } = options;
  const limit = checkMaxBytes(options.maxBytes!);
  const reader = byteReader(source, options);
  try {
    const magic = await header(reader, 4, name);
    const [zero, alsoZero, code, rank] = [...magic] as [number, number, number, number];
    const type = TYPES.get(code);
    if (zero !== 0 || alsoZero !== 0 || type === undefined || rank === 0) throw wrongMagic(magic, name);
    const sizes = new DataView((await header(reader, 4 * rank, name)).buffer);
    const shape = Array.from({ length: rank }, (_, i) => sizes.getUint32(4 * i));
    const expected = shape.reduce((product, size) => product * size, type.size);
    if (reader.offset + expected > limit)
      throw dataError(
        'DATA_TOO_LARGE',
        name,
        'byte 4',
        `the header announces the shape [${shape}], ${expected} bytes, and maxBytes is ${limit}.`,
      );
    const bytes = new Uint8Array(expected);
    const filled = await reader.fill(bytes);
    if (filled < expected)
      throw dataError(
        'DATA_TRUNCATED',
        name,
        `byte ${reader.offset}`,
        `the file ends here; the shape [${shape}] of its header needs ${expected - filled} bytes more.`,
      );
    if (await reader.more())
      throw dataError(
        'DATA_OVERSIZED',
        name,
        `byte ${reader.offset}`,
        `the file goes on after the ${expected} bytes that the shape [${shape}] of its header needs.`,
      );
    toLittleEndian(bytes, type.size);
    return { shape, data: new type.of(bytes.buffer) };
  } finally {
    await reader.close();
  }
}

export interface LabelledIdxOptions extends Omit<SourceOptions, 'name'> {
  /** How many classes: labels are 0 ... classes - 1. */
  readonly classes: number;
}

/**
 * Reads images and their labels from two IDX files of unsigned bytes.
 *
 * @throws OverparamError as {@link readIdx}; `DATA_WRONG_LABEL` for a label that is no class, `DATA_WRONG_FORMAT` when a
 *   file holds another type or rank or the two hold different counts (which is how swapped files show)
 */
export async function readLabelledIdx(
  sources: { readonly images: Source; readonly labels: Source },
  given: LabelledIdxOptions,
): Promise<LabelledImages> {
  const { maxBytes } = sourceDefaults;
  const { classes, ...options } = withDefaults<LabelledIdxOptions>(
    'readLabelledIdx',
    { classes: required, maxBytes },
    given,
  );
  if (!(Number.isInteger(classes) && classes >= 1 && classes <= 256))
    throw badOption('classes', classes, 'a whole number from 1 to 256');
  const images = await readIdx(sources.images, { ...options, name: 'images' });
  const labels = await readIdx(sources.labels, { ...options, name: 'labels' });
  checkBytes('images', images, 3);
  checkBytes('labels', labels, 1);
  if (images.shape[0] !== labels.shape[0])
    throw dataError(
      'DATA_WRONG_FORMAT',
      'labels',
      'byte 4',
      `there are ${labels.shape[0]} labels for ${images.shape[0]} images.`,
    );
  const wrong = labels.data.findIndex((label) => label >= classes);
  if (wrong >= 0)
    throw dataError(
      'DATA_WRONG_LABEL',
      'labels',
      `byte ${8 + wrong}`,
      `the label of image ${wrong} is ${labels.data[wrong]}, and there are ${classes} classes, 0 to ${classes - 1}.`,
    );
  return { images, labels };
}

function checkBytes(name: string, array: DenseArray, rank: number): asserts array is DenseArray<Uint8Array> {
  if (array.data instanceof Uint8Array && array.shape.length === rank) return;
  throw dataError(
    'DATA_WRONG_FORMAT',
    name,
    'byte 0',
    `the file holds a ${array.data.constructor.name} of shape [${array.shape}], where ${rank === 1 ? 'one unsigned byte an image' : 'unsigned bytes [n, height, width]'} belong.`,
  );
}

async function header(reader: ByteReader, length: number, name: string | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  const filled = await reader.fill(bytes);
  if (filled < length)
    throw dataError('DATA_TRUNCATED', name, `byte ${reader.offset}`, 'the file ends within its header.');
  return bytes;
}

function wrongMagic(magic: Uint8Array, name: string | undefined): Error {
  const shown = [...magic].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return dataError(
    'DATA_WRONG_FORMAT',
    name,
    'byte 0',
    `the file begins with ${shown}, and an IDX file with 00 00, a type (08, 09, 0b to 0e) and a rank.`,
  );
}

/** Reverses each value's bytes: IDX is big-endian, and every platform that runs JavaScript is little-endian. */
function toLittleEndian(bytes: Uint8Array, size: 1 | 2 | 4 | 8): void {
  if (size === 1) return;
  for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
}
