import { OverparamError } from '@overparam/core';

/** A promise of a method, a backend or a part of one. */
export interface Promised {
  /** A short name: that of the test. */
  readonly id: string;
  /** The promise, in one sentence. */
  readonly says: string;
  /** The file that documents it, and the symbol or heading in it. */
  readonly where: string;
}

/** Promises by their ids. */
export type PromiseTable = Readonly<Record<string, Omit<Promised, 'id'>>>;

/** Finds a promise in a table. */
export const promiseOf =
  (table: PromiseTable) =>
  (id: string): Promised => {
    const entry = table[id];
    if (!entry) throw new OverparamError('UNKNOWN_PROMISE', `No promise is called '${id}'.`);
    return { id, ...entry };
  };

/** A selection of the promises of a table, for another one. */
export const someOf = (table: PromiseTable, ids: readonly string[]): PromiseTable =>
  Object.fromEntries(ids.map((id) => [id, table[id]!]));
