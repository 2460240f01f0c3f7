import { badOption } from '@overparam/core';
import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import { adamw } from './adamw.ts';
import { amsgrad } from './amsgrad.ts';
import { gradient } from './gradient.ts';
import { momentum } from './momentum.ts';
import { nesterov } from './nesterov.ts';
import type { DirectionRule } from './rule.ts';

type Name = 'gradient' | 'momentum' | 'nesterov' | 'adam' | 'adamw' | 'adagrad' | 'amsgrad';

const rules: Readonly<Record<Name, (options: object) => DirectionRule>> = {
  gradient,
  momentum,
  nesterov,
  adam,
  adamw,
  adagrad,
  amsgrad,
};

/** A rule, or the name of one with its usual options. */
export type Direction = Name | DirectionRule;

/** @throws OverparamError `BAD_OPTION` for an unknown name */
export function directionRule(
  direction: Direction | { readonly name: string; readonly options: object },
): DirectionRule {
  if (typeof direction === 'object' && 'next' in direction) return direction;
  const { name, options } = typeof direction === 'object' ? direction : { name: direction, options: {} };
  if (!Object.hasOwn(rules, name))
    throw badOption('direction', name, `a direction rule, or one of ${Object.keys(rules).join(', ')}`);
  return rules[name as Name](options);
}
