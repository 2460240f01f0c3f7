import { badOption, withDefaults } from '@overparam/core';
import type { LabelledImages } from './array.ts';
import { byteReader } from './byte-reader.ts';
import { dataError } from './data-error.ts';
import { sourceDefaults, type Source, type SourceOptions } from './source.ts';

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const CHANNELS = 3;

export interface CifarOptions extends SourceOptions {
  /** 10 for CIFAR-10 (the default); 100 for CIFAR-100, whose fine label is taken. */
  readonly classes?: 10 | 100 | undefined;
}

/**
 * Reads a file of CIFAR's binary version, plain or gzip: records of one label byte (CIFAR-100: a coarse and a fine one)
 * and 3 x 32 x 32 bytes, channel by channel.
 *
 * @returns images of shape [n, 32, 32, 3], channels last as tfjs takes them, and labels of shape [n]
 * @throws OverparamError `DATA_TRUNCATED`, `DATA_WRONG_LABEL`, `DATA_DAMAGED`, `DATA_TOO_LARGE`, with the byte offset
 */
export async function readCifar(source: Source, given: CifarOptions = {}): Promise<LabelledImages> {
  const { classes, ...options } = withDefaults<CifarOptions>('readCifar', { ...sourceDefaults, classes: 10 }, given);
  if (classes !== 10 && classes !== 100) throw badOption('classes', classes, '10 or 100');
  const { name } = options;
  const limits = classes === 10 ? [10] : [20, 100];
  const record = new Uint8Array(limits.length + CHANNELS * PIXELS);
  const images: Uint8Array[] = [];
  const labels: number[] = [];
  const reader = byteReader(source, options);
  try {
    while (await reader.more()) {
      const start = reader.offset;
      const filled = await reader.fill(record);
      if (filled < record.length)
        throw dataError(
          'DATA_TRUNCATED',
          name,
          `byte ${reader.offset}`,
          `the file ends ${record.length - filled} bytes before the end of record ${images.length}.`,
        );
      limits.forEach((limit, i) => {
        if (record[i]! >= limit)
          throw dataError(
            'DATA_WRONG_LABEL',
            name,
            `byte ${start + i}`,
            `the label of record ${images.length} is ${record[i]}, and there are ${limit} classes. Is this a CIFAR-${classes} file?`,
          );
      });
      labels.push(record[limits.length - 1]!);
      images.push(channelsLast(record.subarray(limits.length)));
    }
    if (images.length === 0) throw dataError('DATA_TRUNCATED', name, 'byte 0', 'the file is empty.');
  } finally {
    await reader.close();
  }
  const data = new Uint8Array(images.length * CHANNELS * PIXELS);
  images.forEach((image, i) => data.set(image, i * image.length));
  return {
    images: { shape: [images.length, SIDE, SIDE, CHANNELS], data },
    labels: { shape: [images.length], data: Uint8Array.from(labels) },
  };
}

function channelsLast(planes: Uint8Array): Uint8Array {
  const image = new Uint8Array(planes.length);
  for (let channel = 0; channel < CHANNELS; channel++)
    for (let pixel = 0; pixel < PIXELS; pixel++) image[pixel * CHANNELS + channel] = planes[channel * PIXELS + pixel]!;
  return image;
}
