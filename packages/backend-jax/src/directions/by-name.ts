import { badOption } from '@overparam/core';
import { adagrad } from './adagrad.ts';
import { adam, amsgrad } from './adam.ts';
import { adamw } from './adamw.ts';
import { gradient } from './gradient.ts';
import { momentum } from './momentum.ts';
import type { DirectionRule } from './rule.ts';

type Name = 'gradient' | 'momentum' | 'adam' | 'adamw' | 'amsgrad' | 'adagrad';

const rules: Readonly<Record<Name, () => DirectionRule>> = { gradient, momentum, adam, adamw, amsgrad, adagrad };

/** A rule, or the name of one with its default options. */
export type Direction = Name | DirectionRule;

/** @throws OverparamError `BAD_OPTION` for an unknown name */
export function directionRule(direction: Direction): DirectionRule {
  if (typeof direction === 'object' && direction !== null && 'next' in direction) return direction;
  if (typeof direction !== 'string' || !Object.hasOwn(rules, direction))
    throw badOption('direction', direction, `a direction rule, or one of ${Object.keys(rules).join(', ')}`);
  return rules[direction as Name]();
}
