import { badOption } from '@overparam/core';

/** The numbers that the papers' code gives to its rules of the initial step. */
const named = {
  0: 'keep',
  1: 'grow',
  2: 'restart',
  3: 'gradient-ratio',
  4: 'decrease-ratio',
  11: 'grow-capped',
} as const;

type Names = typeof named;
/**
 * Where a search starts, from the step before: `keep` it; let it `grow` by gamma^(1/nb); the same, but no more than
 * eta_max (`grow-capped`); `restart` from init_step_size; expect the last step's first-order change (`gradient-ratio`)
 * or its decrease (`decrease-ratio`).
 */
export type Reset = Names[keyof Names];
/** A rule by its name, or by its number in the papers' code. */
export type ResetOption = Reset | keyof Names;

/** @throws OverparamError `BAD_OPTION` for a rule that is not among those */
export function resetNamed<R extends Reset>(given: ResetOption, among: readonly R[]): R {
  const name = (named as Readonly<Record<string, Reset>>)[given] ?? given;
  const found = among.find((reset) => reset === name);
  if (found) return found;
  const known = Object.entries(named).filter(([, reset]) => (among as readonly Reset[]).includes(reset));
  throw badOption('reset_option', given, known.map(([number, reset]) => `'${reset}' (${number})`).join(', '));
}
