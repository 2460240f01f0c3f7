import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/core';
import { readLabelledIdx, type LabelledImages } from '@overparam/datasets';
import { classes, load, officialSha256, type FileName } from '@overparam/fashion-mnist';
import type { Samples } from '../training/task.ts';
import { ablations } from './ablations.ts';
import { sha256 } from './checksum.ts';
import type { Experiment } from './experiment.ts';

/** Images of clothes in ten classes: PoNoS's MLP experiment, on Fashion-MNIST. */
export const fashionMnist: Experiment = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST',
  source: 'Galli, Rauhut, Schmidt: Don’t be so monotone. NeurIPS 2023, arXiv 2306.12747',
  data: 'included: 10,000 + 2,000 images. --data FOLDER: the official 60,000 + 10,000 (see @overparam/fashion-mnist)',
  takes: 'a minute and a half',
  defaults: { model: 'mlp', batch: 128, epochs: 5, methods: ablations.main },
  learningRates: { sgd: 0.1, adam: 1e-3 },
  ablations,
  async load(data) {
    const { train, test } = data === undefined ? await load() : await official(data);
    return {
      features: 28 * 28,
      classes: classes.length,
      train: normalized(train),
      test: normalized(test),
      sha256: sha256(train.images.data, train.labels.data, test.images.data, test.labels.data),
    };
  },
};

/** Brightness from -1 to 1: Normalize(.5, .5) of the papers' experiments. */
function normalized({ images, labels }: LabelledImages): Samples {
  const inputs = new Float32Array(images.data.length);
  for (let i = 0; i < inputs.length; i++) inputs[i] = images.data[i]! / 127.5 - 1;
  return { count: labels.data.length, inputs, labels: labels.data };
}

async function official(folder: string): Promise<{ train: LabelledImages; test: LabelledImages }> {
  const set = async (images: FileName, labels: FileName): Promise<LabelledImages> => {
    const data = await readLabelledIdx(
      { images: await stored(folder, images), labels: await stored(folder, labels) },
      { classes: classes.length },
    );
    check(folder, images, data.images);
    check(folder, labels, data.labels);
    return data;
  };
  return {
    train: await set('train-images-idx3-ubyte', 'train-labels-idx1-ubyte'),
    test: await set('t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'),
  };
}

async function stored(folder: string, name: FileName): Promise<Uint8Array> {
  for (const file of [`${name}.gz`, name])
    try {
      return await readFile(join(folder, file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  throw new OverparamError(
    'DATA_MISSING',
    `${folder} holds no ${name}.gz. The README of @overparam/fashion-mnist says how to download the four files; without --data the included images are used.`,
  );
}

function check(
  folder: string,
  name: FileName,
  { shape, data }: { readonly shape: readonly number[]; readonly data: Uint8Array },
): void {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  const sum = sha256(header, data);
  if (sum !== officialSha256[name])
    throw new OverparamError(
      'DATA_FOREIGN',
      `${join(folder, name)} is not Fashion-MNIST's: the SHA-256 of its content is ${sum}, the official one ${officialSha256[name]}.`,
    );
}
