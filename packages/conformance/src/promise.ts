import { OverparamError } from '@overparam/core';

/** What a method, a backend or a part of one keeps to. */
export interface Promised {
  /** A short name: that of the test. */
  readonly id: string;
  /** The promise, in the words of the page where it is written. */
  readonly says: string;
  /** The page and the place on it. */
  readonly where: string;
}

/** Promises by their ids. */
export type PromiseTable = Readonly<Record<string, Omit<Promised, 'id'>>>;

/** Looks up a promise of a table. */
export const promiseOf =
  (table: PromiseTable) =>
  (id: string): Promised => {
    const entry = table[id];
    if (!entry) throw new OverparamError('UNKNOWN_PROMISE', `No promise is called '${id}'.`);
    return { id, ...entry };
  };

/** Some of the promises of a table, for another one. */
export const someOf = (table: PromiseTable, ids: readonly string[]): PromiseTable =>
  Object.fromEntries(ids.map((id) => [id, table[id]!]));
