import { badOption } from '@overparam/core';
import type { DirectionRule } from './rule.ts';
import { adagrad, adam, adamw, amsgrad, gradient, momentum, nesterov, rmsprop } from './rules.ts';

export type DirectionRuleName =
  'gradient' | 'momentum' | 'nesterov' | 'adagrad' | 'rmsprop' | 'adam' | 'amsgrad' | 'adamw';

const rules: Readonly<Record<DirectionRuleName, (options: object) => DirectionRule>> = {
  gradient,
  momentum,
  nesterov,
  adagrad,
  rmsprop,
  adam,
  amsgrad,
  adamw,
};

/** A rule, the name of one with its usual options, or a name with options, as methods carry it in `method.direction`. */
export type Direction =
  DirectionRuleName | DirectionRule | { readonly name: string; readonly options: Readonly<Record<string, number>> };

/** @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION` */
export function directionRule(direction: Direction): DirectionRule {
  if (typeof direction === 'object' && direction !== null && 'next' in direction) return direction;
  const { name, options } = typeof direction === 'string' ? { name: direction, options: {} } : (direction ?? {});
  if (typeof name !== 'string' || !Object.hasOwn(rules, name))
    throw badOption('direction', name ?? direction, `a direction rule, or one of ${Object.keys(rules).join(', ')}`);
  return rules[name as DirectionRuleName](options ?? {});
}
