import { OverparamError } from '@overparam/core';
import * as v from 'valibot';
import { describeIssue } from '../results/results.ts';

/** Numbers to draw from, in a random search. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly scale?: 'linear' | 'log' | undefined;
  readonly whole?: boolean | undefined;
}

type Value = string | number;

/** The content of a sweep.json. */
export interface SweepFile {
  readonly experiment: string;
  /** A value for all runs, or a list of values to try, or a range to draw from. */
  readonly options: Readonly<Record<string, Value | readonly Value[] | Range>>;
  /** Settings to draw from lists and ranges instead of all combinations; each runs with all seeds. */
  readonly random?: { readonly settings: number; readonly seed?: number | undefined } | undefined;
}

const whole = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31));
const value = v.union([v.string(), v.pipe(v.number(), v.finite())], 'text or a number');
const range = v.pipe(
  v.strictObject({
    from: v.pipe(v.number(), v.finite()),
    to: v.pipe(v.number(), v.finite()),
    scale: v.optional(v.picklist(['linear', 'log'])),
    whole: v.optional(v.boolean()),
  }),
  v.check(({ from, to }) => from < to, 'from is to be less than to'),
  v.check(({ from, scale }) => scale !== 'log' || from > 0, 'from is to be above 0 on a logarithmic scale'),
);

const schema: v.GenericSchema<unknown, SweepFile> = v.strictObject({
  experiment: v.string(),
  options: v.record(
    v.string(),
    v.union(
      [value, v.pipe(v.array(value), v.minLength(1)), range],
      'a value, a list of values, or a range {"from", "to", "scale", "whole"} with from < to',
    ),
  ),
  random: v.optional(v.strictObject({ settings: v.pipe(whole, v.minValue(1)), seed: v.optional(whole) })),
});

/** Schemas leave these out without an error. */
const RESERVED = ['__proto__', 'constructor', 'prototype'];

/** @throws OverparamError `BAD_SWEEP` */
export function parseSweep(json: string, path: string): SweepFile {
  let data: unknown;
  try {
    data = JSON.parse(json, (key, value: unknown) => {
      if (RESERVED.includes(key)) throw new OverparamError('BAD_SWEEP', `${path} has a name that no option has: '${key}'.`); // prettier-ignore
      return value;
    });
  } catch (cause) {
    if (cause instanceof OverparamError) throw cause;
    throw new OverparamError('BAD_SWEEP', `${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  const { success, output, issues } = v.safeParse(schema, data);
  if (success) return output;
  throw new OverparamError('BAD_SWEEP', `${path} has a fault at ${describeIssue(issues[0])}.`);
}
