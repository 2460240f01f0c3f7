import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/core';
import { readCifar, type LabelledImages } from '@overparam/datasets';
import { load } from '@overparam/fashion-mnist';

/** Images of ten classes, to learn from and to validate on. */
export interface Images {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly train: LabelledImages;
  readonly validation: LabelledImages;
}

let bundled: ReturnType<typeof load> | undefined;

/**
 * The included Fashion-MNIST; or CIFAR-10, from a folder with its binary version.
 * @throws OverparamError `DATA_MISSING`, or what the reader says
 */
export async function readImages(folder: string | undefined): Promise<Images> {
  if (folder === undefined) {
    const { train, test } = await (bundled ??= load());
    return { name: 'Fashion-MNIST', height: 28, width: 28, channels: 1, train, validation: test };
  }
  const names = await readdir(folder).catch((): string[] => []);
  const set = async (pattern: RegExp): Promise<LabelledImages> => {
    const files = names.filter((name) => pattern.test(name)).sort();
    if (files.length === 0)
      throw new OverparamError(
        'DATA_MISSING',
        `${folder} holds no ${pattern.source}: --data takes a folder with data_batch_1.bin and test_batch.bin of CIFAR-10's binary version, plain or gzip. Without it, the included Fashion-MNIST is used.`,
      );
    const parts = await Promise.all(
      files.map((name) => readCifar(createReadStream(join(folder, name)), { name: join(folder, name) })),
    );
    return joined(parts);
  };
  const [train, validation] = [await set(/^data_batch.*\.bin(\.gz)?$/), await set(/^test_batch.*\.bin(\.gz)?$/)];
  return { name: 'CIFAR-10', height: 32, width: 32, channels: 3, train, validation };
}

function joined(parts: readonly LabelledImages[]): LabelledImages {
  const count = parts.reduce((sum, { labels }) => sum + labels.data.length, 0);
  const [, ...shape] = parts[0]!.images.shape;
  return {
    images: { shape: [count, ...shape], data: Uint8Array.from(parts.flatMap(({ images }) => [...images.data])) },
    labels: { shape: [count], data: Uint8Array.from(parts.flatMap(({ labels }) => [...labels.data])) },
  };
}
