import type { Thrown } from './thrown.ts';

/** What `connect` posts. */
export type Asked =
  /** Who serves there? */
  | { readonly overparam: 'hello' }
  | {
      readonly overparam: 'question';
      readonly id: number;
      readonly name: string;
      readonly args: readonly unknown[];
    }
  /** No more questions will come. */
  | { readonly overparam: 'goodbye' };

/** What `serve` posts. */
export type Told =
  | { readonly overparam: 'serving'; readonly name?: string; readonly answers: readonly string[] }
  | { readonly overparam: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly overparam: 'failure'; readonly id: number; readonly thrown: Thrown }
  /** No more answers will come. */
  | { readonly overparam: 'closed' };

/** A message of ours; a port may bring others, which are left to whom they are for. */
export const isOurs = (message: unknown): message is Asked | Told =>
  typeof (message as { overparam?: unknown } | null | undefined)?.overparam === 'string';
