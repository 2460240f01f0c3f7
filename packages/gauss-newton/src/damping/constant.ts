import { notNegative } from '../not-negative.ts';
import { type Rule } from '../rule.ts';
import { type Damping } from './damping.ts';

export interface ConstantDampingOptions {
  /** 0 takes the pseudo-inverse, to machine precision. */
  readonly eps?: number;
}

/** The same eps at every step. */
export const constant: Rule<ConstantDampingOptions, Damping> = {
  defaults: { eps: 1e-7 },
  make({ eps }) {
    notNegative('damping.eps', eps);
    return { shift: () => ({ eps }), fixed: eps > 0 ? eps : null };
  },
};
