import { badOption } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { type Rule } from '../rule.ts';
import { nielsenNext } from './nielsen.ts';
import { type Trust } from './trust.ts';

export interface TrustRegionOptions {
  readonly radius0?: number;
  readonly minRadius?: number;
  readonly maxRadius?: number;
  /** The gain ratio above which a step is taken. */
  readonly accept?: number;
}

/**
 * mu = 1 / radius, with Nielsen's rule for the radius and bounds on it. Meant for `scaling`, where the radius has no
 * unit. Defaults of the Ceres Solver, whose steps need a gain ratio above 1e-3.
 */
export const trustRegion: Rule<TrustRegionOptions, Trust> = {
  defaults: { radius0: 1e4, minRadius: 1e-32, maxRadius: 1e16, accept: 1e-3 },
  make({ radius0, minRadius, maxRadius, accept }) {
    positive('damping.radius0', radius0);
    positive('damping.minRadius', minRadius);
    if (!(maxRadius > minRadius && Number.isFinite(maxRadius)))
      throw badOption('damping.maxRadius', maxRadius, `a finite number > minRadius = ${minRadius}`);
    if (!(accept >= 0 && accept < 1)) throw badOption('damping.accept', accept, 'a number from 0 to 1, without 1');
    return {
      first: { mu: 1 / radius0 },
      min: 1 / maxRadius,
      max: 1 / minRadius,
      accept: (rho, decreased) => decreased && rho > accept,
      next: nielsenNext,
    };
  },
};
