import { badOption, type NamedDirection } from '@overparam/core';
import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import { adamw } from './adamw.ts';
import { amsgrad } from './amsgrad.ts';
import { gradient } from './gradient.ts';
import { momentum } from './momentum.ts';
import { nesterov } from './nesterov.ts';
import { rmsprop } from './rmsprop.ts';
import type { DirectionRule } from './rule.ts';

type Name = 'gradient' | 'momentum' | 'nesterov' | 'adam' | 'adamw' | 'adagrad' | 'rmsprop' | 'amsgrad';

const rules: Readonly<Record<Name, (options: object) => DirectionRule>> = {
  gradient,
  momentum,
  nesterov,
  adam,
  adamw,
  adagrad,
  rmsprop,
  amsgrad,
};

/** A rule, the name of one with its usual options, or a name with options, as methods carry it in `method.direction`. */
export type Direction = Name | DirectionRule | NamedDirection;

/** @throws OverparamError `BAD_OPTION` for an unknown name */
export function directionRule(direction: Direction): DirectionRule {
  if (typeof direction === 'object' && direction !== null && 'next' in direction) return direction;
  if (typeof direction === 'function') {
    const { name } = direction as { readonly name: string };
    throw badOption('direction', `the function ${name}`, `a direction rule: call it, as ${name || 'adam'}()`);
  }
  const { name, options } = typeof direction === 'string' ? { name: direction, options: {} } : (direction ?? {});
  if (typeof name !== 'string' || !Object.hasOwn(rules, name))
    throw badOption('direction', name ?? direction, `a direction rule, or one of ${Object.keys(rules).join(', ')}`);
  return rules[name as Name](options ?? {});
}
