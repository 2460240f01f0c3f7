import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/core';
import { readLibsvm, type SparseRows } from '@overparam/datasets';
import { permutation, random } from '../training/random.ts';
import type { Samples } from '../training/task.ts';
import { ablations } from './ablations.ts';
import { sha256 } from './checksum.ts';
import type { Experiment } from './experiment.ts';
import { gaussianKernel, takeRows } from './gaussian-kernel.ts';

const BANDWIDTH = 0.5;
const TRAINED_ON = 0.8;
const SPLIT_SEED = 9513451;
const ROWS = 8124;
const FEATURES = 112;
const PAGE = 'https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/binary/mushrooms';

/**
 * Edible or not, from one weight for each training mushroom: PoNoS's convex experiment. The features are
 * exp(-|a - b|^2 / (2 s^2)) with s = 0.5, for all b of the training set; the model is linear without bias.
 */
export const mushrooms: Experiment = {
  name: 'mushrooms',
  title: 'Mushrooms, RBF features',
  source: 'Galli, Rauhut, Schmidt: Don’t be so monotone. NeurIPS 2023, arXiv 2306.12747',
  data: `--data FILE: LIBSVM's mushrooms, or a folder that holds it (${PAGE})`,
  takes: 'a few minutes',
  defaults: { model: 'linear', batch: 100, epochs: 35, methods: ablations.main },
  learningRates: { sgd: 1000, adam: 10 },
  longestStep: 1e10,
  ablations,
  async load(data) {
    const rows = await readLibsvm(createReadStream(await fileIn(data)), {
      name: 'mushrooms',
      rows: ROWS,
      features: FEATURES,
      classes: [1, 2],
      // The distributed file has no line break at its end.
      unterminated: true,
    });
    const order = permutation(ROWS, random(SPLIT_SEED));
    const split = Math.floor(TRAINED_ON * ROWS);
    const centres = order.subarray(0, split);
    const samples = (numbers: Uint32Array): Samples => ({
      count: numbers.length,
      inputs: gaussianKernel(takeRows(rows, numbers), takeRows(rows, centres), BANDWIDTH),
      labels: Uint8Array.from(numbers, (number) => rows.labels[number]! - 1),
    });
    return {
      features: split,
      classes: 2,
      train: samples(centres),
      test: samples(order.subarray(split)),
      sha256: checksum(rows),
    };
  },
};

const checksum = ({ labels, starts, columns, values }: SparseRows): string => sha256(labels, starts, columns, values);

async function fileIn(data: string | undefined): Promise<string> {
  if (data === undefined)
    throw new OverparamError('DATA_MISSING', `mushrooms needs --data FILE. Download it: curl -O ${PAGE}`);
  const names = ['', 'mushrooms', 'mushrooms.gz', 'mushrooms.txt', 'mushrooms.txt.gz'];
  for (const name of names) {
    const file = join(data, name);
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile()) return file;
  }
  throw new OverparamError(
    'DATA_MISSING',
    `There is no file at ${data}, and no ${names.slice(1).join(', ')} in it. Download it: curl -O ${PAGE}`,
  );
}
