import { makeRule, type RuleOption, type RuleTable } from '../rule.ts';
import { adaptive, type AdaptiveDampingOptions } from './adaptive.ts';
import { constant, type ConstantDampingOptions } from './constant.ts';
import { type Damping } from './damping.ts';
import { pseudoInverse, type PseudoInverseOptions } from './pseudo-inverse.ts';
import { relative, type RelativeDampingOptions } from './relative.ts';

export interface DampingRules {
  readonly constant: ConstantDampingOptions;
  readonly adaptive: AdaptiveDampingOptions;
  readonly relative: RelativeDampingOptions;
  readonly 'pseudo-inverse': PseudoInverseOptions;
}

const dampings: RuleTable<DampingRules, Damping> = { constant, adaptive, relative, 'pseudo-inverse': pseudoInverse };

/** A rule, or the eps of a constant one. */
export type DampingOption = number | RuleOption<DampingRules>;

/** @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION` */
export const dampingOf = (option: DampingOption): Damping =>
  makeRule('damping', dampings, typeof option === 'number' ? { rule: 'constant', eps: option } : option);
