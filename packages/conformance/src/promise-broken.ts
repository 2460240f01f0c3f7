import { OverparamError } from '@overparam/core';
import type { Promised } from './promise.ts';

/** What a failing test throws: which promise broke, where it is written, and the smallest counter-example. */
export class PromiseBroken extends OverparamError<'PROMISE_BROKEN'> {
  readonly promise: Promised;
  /** The input that breaks the promise, as small as it could be made; undefined where there is none. */
  readonly counterexample: unknown;
  constructor(promise: Promised, counterexample: unknown, cause: unknown) {
    const found =
      cause instanceof Finding ? cause.message : `it threw ${cause instanceof Error ? cause.stack : String(cause)}`;
    const lines = [
      `'${promise.id}' is broken: ${found}`,
      `promised: "${promise.says}"`,
      `written in: ${promise.where}`,
    ];
    if (counterexample !== undefined) lines.push(`smallest counter-example: ${shown(counterexample)}`);
    super('PROMISE_BROKEN', lines.join('\n  '), { cause });
    this.promise = promise;
    this.counterexample = counterexample;
  }
}

/** What a check found wrong, in words. */
export class Finding extends Error {}

/** @throws Finding unless the claim holds */
export function ensure(holds: boolean, otherwise: () => string): asserts holds {
  if (!holds) throw new Finding(otherwise());
}

/** A value for messages: JSON that also shows what JSON has no word for. */
export const shown = (value: unknown): string =>
  String(JSON.stringify(value, nameable)).replaceAll(/"(NaN|-?Infinity)"/g, '$1');

function nameable(_: string, entry: unknown): unknown {
  if (typeof entry === 'number' && !Number.isFinite(entry)) return String(entry);
  if (typeof entry === 'function') return `function ${entry.name}`;
  return ArrayBuffer.isView(entry) ? Array.from(entry as Float64Array) : entry;
}
