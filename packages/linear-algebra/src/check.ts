import { OverparamError } from '@overparam/core';
import { type Matrix, mismatch } from './matrix.ts';

/**
 * Checks that a matrix is one and that its entries are finite, and returns the largest modulus among them.
 *
 * @throws OverparamError SHAPE_MISMATCH or NOT_FINITE, naming the entry
 */
export function checkMatrix(name: string, { rows, columns, data }: Matrix): number {
  if (!(data instanceof Float64Array) || data.length !== rows * columns) {
    const has = data instanceof Float64Array ? `${data.length} numbers` : 'no Float64Array';
    throw mismatch(`${name}.data has ${has}: a ${rows} x ${columns} matrix takes a Float64Array of ${rows * columns}.`);
  }
  return checkEntries(data, (at) => `${name} (row ${Math.floor(at / columns)}, column ${at % columns})`);
}

/** The same for a square matrix. */
export function checkSquare(name: string, a: Matrix): number {
  if (a.rows !== a.columns) throw mismatch(`${name} is ${a.rows} x ${a.columns}: it must be square.`);
  return checkMatrix(name, a);
}

/** The same for a symmetric matrix of which only the lower triangle is read. */
export function checkLower(name: string, a: Matrix): number {
  if (a.rows !== a.columns || a.data.length !== a.rows * a.columns) return checkSquare(name, a);
  let largest = 0;
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j <= i; j++) {
      const x = Math.abs(a.data[i * a.columns + j]!);
      if (!(x < Infinity)) throw notFinite(`${name} (row ${i}, column ${j})`, a.data[i * a.columns + j]!);
      if (x > largest) largest = x;
    }
  }
  return largest;
}

/** The same for a vector of that length. */
export function checkVector(name: string, x: Float64Array, length: number): number {
  if (!(x instanceof Float64Array) || x.length !== length) {
    const has = x instanceof Float64Array ? `${x.length} numbers` : 'no Float64Array';
    throw mismatch(`${name} has ${has}: it takes a Float64Array of ${length}.`);
  }
  return checkEntries(x, (at) => `${name}[${at}]`);
}

function checkEntries(data: Float64Array, place: (at: number) => string): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const x = Math.abs(data[i]!);
    if (!(x < Infinity)) throw notFinite(place(i), data[i]!);
    if (x > largest) largest = x;
  }
  return largest;
}

function notFinite(place: string, value: number): OverparamError<'NOT_FINITE'> {
  return new OverparamError('NOT_FINITE', `${place} is ${value}: every entry must be a finite number.`);
}
