import { badOption, OverparamError, type Matrix } from '@overparam/core';

export type { Matrix };

/**
 * A matrix over `data` (held, not copied, when it is a Float64Array), or of zeros.
 *
 * @throws OverparamError BAD_OPTION where a size is no natural number, SHAPE_MISMATCH where `data` has another length
 */
export function matrix(rows: number, columns: number, data?: ArrayLike<number>): Matrix {
  for (const [name, size] of [['rows', rows] as const, ['columns', columns] as const]) {
    if (!Number.isSafeInteger(size) || size < 0) throw badOption(name, size, 'a whole number, zero or more');
  }
  if (data && data.length !== rows * columns) {
    throw mismatch(`data has ${data.length} numbers: a ${rows} x ${columns} matrix takes ${rows * columns}.`);
  }
  return {
    rows,
    columns,
    data: data instanceof Float64Array ? data : data ? Float64Array.from(data) : new Float64Array(rows * columns),
  };
}

/** A matrix from its rows, which are copied. */
export function fromRows(rows: readonly ArrayLike<number>[]): Matrix {
  const columns = rows[0]?.length ?? 0;
  const out = matrix(rows.length, columns);
  rows.forEach((row, i) => {
    if (row.length !== columns) throw mismatch(`Row ${i} has ${row.length} numbers: row 0 has ${columns}.`);
    out.data.set(row, i * columns);
  });
  return out;
}

/** The error of sizes that do not fit together. */
export function mismatch(message: string): OverparamError<'SHAPE_MISMATCH'> {
  return new OverparamError('SHAPE_MISMATCH', message);
}
