import { makeRule, type RuleOption, type RuleTable } from '../rule.ts';
import { kfac, type KfacOptions } from './kfac.ts';
import { marquardt10, type Marquardt10Options } from './marquardt10.ts';
import { nielsen, type NielsenOptions } from './nielsen.ts';
import { trustRegion, type TrustRegionOptions } from './trust-region.ts';
import { type Trust } from './trust.ts';

export interface TrustRules {
  readonly nielsen: NielsenOptions;
  readonly marquardt10: Marquardt10Options;
  readonly 'trust-region': TrustRegionOptions;
  readonly kfac: KfacOptions;
}

const trusts: RuleTable<TrustRules, Trust> = { nielsen, marquardt10, 'trust-region': trustRegion, kfac };

export type TrustOption = RuleOption<TrustRules>;

/** @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION` */
export const trustOf = (option: TrustOption): Trust => makeRule('damping', trusts, option);
