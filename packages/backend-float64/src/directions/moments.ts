import { OverparamError } from '@overparam/core';
import type { Range } from '../modules.ts';
import type { DirectionRule } from './rule.ts';

/** The moments of a direction rule as plain data. */
export interface SavedMoments {
  readonly direction: { readonly name: string; readonly options: Readonly<Record<string, number>> };
  /** By name, one number per parameter. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** How many steps moved each parameter. */
  readonly counts: readonly number[];
}

/** What a rule makes of a gradient: P m, P g, the part of P m that g brings, and the moments that a step leaves. */
export interface Made {
  readonly momentum: Float64Array;
  readonly preconditioned: Float64Array;
  readonly fresh: Float64Array;
  readonly moments: Moments;
}

/** What a direction rule remembers of every parameter. Arrays are replaced, never written. */
export interface Moments {
  /** Parameters outside the ranges keep their moments, and have direction 0. */
  next(g: Float64Array, w: Float64Array, ranges: readonly Range[]): Made;
  save(): SavedMoments;
}

/**
 * The moments of a rule: zeros, or what was saved.
 * @throws OverparamError `STATE_FOREIGN` for those of another rule, `STATE_MISMATCH` for another number of parameters
 */
export function moments(rule: DirectionRule, parameters: number, saved?: SavedMoments): Moments {
  if (!saved)
    return momentsOf(
      rule,
      rule.remembers.map(() => new Float64Array(parameters)),
      new Float64Array(parameters),
    );
  const { name, options } = rule;
  if (JSON.stringify(saved.direction) !== JSON.stringify({ name, options }))
    throw new OverparamError(
      'STATE_FOREIGN',
      `The state was saved with the direction ${JSON.stringify(saved.direction)}, and this oracle has ${JSON.stringify({ name, options })}: make the oracle with the same direction.`,
    );
  const taken = (of: string, numbers: readonly number[] | undefined): Float64Array => {
    const bad = numbers?.findIndex((x) => !Number.isFinite(x)) ?? -1;
    if (numbers?.length === parameters && bad < 0) return Float64Array.from(numbers);
    throw new OverparamError(
      'STATE_MISMATCH',
      bad < 0
        ? `The state has ${numbers?.length ?? 'no'} numbers '${of}', and there are ${parameters} parameters: restore it into the oracle that it was saved from.`
        : `The state's '${of}' [${bad}] is ${numbers![bad]}: it must be a finite number.`,
    );
  };
  const values = rule.remembers.map((of) => taken(of, saved.values?.[of]));
  return momentsOf(rule, values, taken('counts', saved.counts));
}

function momentsOf(rule: DirectionRule, values: readonly Float64Array[], counts: Float64Array): Moments {
  return {
    next(g, w, ranges) {
      if (rule.remembers.length === 0 && rule.name === 'gradient')
        return { momentum: g, preconditioned: g, fresh: g, moments: this };
      const after = values.map((value) => value.slice());
      const t = counts.slice();
      const momentum = new Float64Array(g.length);
      const preconditioned = new Float64Array(g.length);
      const fresh = new Float64Array(g.length);
      const one = new Float64Array(values.length);
      for (const [from, to] of ranges)
        for (let i = from; i < to; i++) {
          after.forEach((value, k) => (one[k] = value[i]!));
          t[i]! += 1;
          const made = rule.next(g[i]!, w[i]!, one, t[i]!);
          after.forEach((value, k) => (value[i] = one[k]!));
          momentum[i] = made.momentum;
          preconditioned[i] = made.preconditioned;
          fresh[i] = made.fresh ?? made.preconditioned;
        }
      return { momentum, preconditioned, fresh, moments: momentsOf(rule, after, t) };
    },
    save: () => ({
      direction: { name: rule.name, options: rule.options },
      values: Object.fromEntries(rule.remembers.map((name, k) => [name, [...values[k]!]])),
      counts: [...counts],
    }),
  };
}
