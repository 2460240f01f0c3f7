import { fraction } from '@overparam/line-search';
import { type Rule } from '../rule.ts';
import { type Damping } from './damping.ts';

export interface PseudoInverseOptions {
  /** Eigenvalues of K of at most cut sigma_max count as zero. */
  readonly cut?: number;
}

/** No damping: the pseudo-inverse of K, with a relative cut. */
export const pseudoInverse: Rule<PseudoInverseOptions, Damping> = {
  defaults: { cut: 1e-10 },
  make({ cut }) {
    fraction('damping.cut', cut);
    return { shift: () => ({ eps: 0, cut }), fixed: null };
  },
};
