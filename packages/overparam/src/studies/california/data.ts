import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/core';
import { readCsv } from '@overparam/datasets';
import { matrix, type Matrix } from '@overparam/linear-algebra';
import { permutation, random } from '../../training/random.ts';

const ROWS = 20_640;
const FILES = [
  'cal_housing.data',
  'CaliforniaHousing/cal_housing.data',
  'california_housing.csv',
  'california_housing.csv.gz',
];

/** As scikit-learn names them. */
const COLUMNS = ['MedInc', 'HouseAge', 'AveRooms', 'AveBedrms', 'Population', 'AveOccup', 'Latitude', 'Longitude'];
const TARGET = 'MedHouseVal';

export interface Housing {
  readonly X: Matrix;
  readonly y: Float64Array;
  readonly testX: Matrix;
  readonly testY: Float64Array;
}

/**
 * The census blocks of California, 1990 (Pace and Barry, 1997): a random choice to learn from, and a fifth of all to test
 * with. Rooms, bedrooms and persons a household and the population are taken as logarithms; all columns have mean 0 and
 * deviation 1 over the training samples. The target is the median house value in 100,000 dollars.
 * @throws OverparamError `DATA_MISSING`, or what the reader says
 */
export async function loadHousing(path: string | undefined, samples: number, seed: number): Promise<Housing> {
  const { columns, value } = await table(path);
  const order = permutation(ROWS, random(seed));
  const test = order.subarray(0, ROWS / 5);
  const train = order.subarray(ROWS / 5, ROWS / 5 + samples);
  const inputs = columns.map((column) => {
    const of = (row: number): number =>
      /^(Ave|Population)/.test(column) ? Math.log(value(row, column)) : value(row, column);
    const mean = train.reduce((sum, row) => sum + of(row), 0) / samples;
    const variance = train.reduce((sum, row) => sum + (of(row) - mean) ** 2, 0) / samples;
    return (row: number): number => (of(row) - mean) / Math.sqrt(variance);
  });
  const rowsOf = (rows: Uint32Array): Matrix =>
    matrix(rows.length, inputs.length, Float64Array.from([...rows].flatMap((row) => inputs.map((of) => of(row)))));
  const targets = (rows: Uint32Array): Float64Array => Float64Array.from(rows, (row) => value(row, TARGET));
  return { X: rowsOf(train), y: targets(train), testX: rowsOf(test), testY: targets(test) };
}

async function table(path: string | undefined): Promise<{
  readonly columns: readonly string[];
  value(row: number, column: string): number;
}> {
  const file = await fileIn(path);
  const original = file.endsWith('.data');
  const { data, shape, columns } = await readCsv(createReadStream(file), { name: file, header: !original, rows: ROWS });
  const width = shape[1]!;
  if (!original) {
    const missing = [...COLUMNS, TARGET].filter((column) => !columns.includes(column));
    if (missing.length > 0)
      throw new OverparamError(
        'DATA_FOREIGN',
        `${file} has no column ${missing.join(', ')}: it is not California housing.`,
      );
    return { columns: COLUMNS, value: (row, column) => data[row * width + columns.indexOf(column)]! };
  }
  if (width !== 9) throw new OverparamError('DATA_FOREIGN', `${file} has ${width} columns: cal_housing.data has 9.`);
  // longitude, latitude, age, rooms, bedrooms, population, households, income, value
  const from: Readonly<Record<string, (row: readonly number[]) => number>> = {
    MedInc: (row) => row[7]!,
    HouseAge: (row) => row[2]!,
    AveRooms: (row) => row[3]! / row[6]!,
    AveBedrms: (row) => row[4]! / row[6]!,
    Population: (row) => row[5]!,
    AveOccup: (row) => row[5]! / row[6]!,
    Latitude: (row) => row[1]!,
    Longitude: (row) => row[0]!,
    MedHouseVal: (row) => row[8]! / 100_000,
  };
  return {
    columns: COLUMNS,
    value: (row, column) => from[column]!(Array.from(data.subarray(row * width, (row + 1) * width))),
  };
}

async function fileIn(path: string | undefined): Promise<string> {
  const missing = new OverparamError(
    'DATA_MISSING',
    `${path === undefined ? 'This study' : path} needs California housing: --data FILE or a folder with ${FILES[0]}. The README says how to download it.`,
  );
  if (path === undefined) throw missing;
  const exists = (file: string): Promise<boolean> => stat(file).then((found) => found.isFile(), () => false); // prettier-ignore
  if (await exists(path)) return path;
  for (const name of FILES) if (await exists(join(path, name))) return join(path, name);
  throw missing;
}
