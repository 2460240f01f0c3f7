import { badOption, withDefaults } from '@overparam/core';
import type { DirectionRule } from './rule.ts';

export interface MomentumOptions {
  /** The part of the last m that stays, 0 <= beta < 1. @default 0.9 */
  readonly beta?: number;
}

export interface AdagradOptions {
  /** Added to sqrt(v). @default 1e-8 */
  readonly epsilon?: number;
}

export interface RmspropOptions {
  /** The part of the last v that stays, 0 <= beta2 < 1. @default 0.99 */
  readonly beta2?: number;
  /** Added to sqrt(v). @default 1e-8 */
  readonly epsilon?: number;
}

export interface AdamOptions {
  /** The part of the last m that stays, 0 <= beta1 < 1. @default 0.9 */
  readonly beta1?: number;
  /** The part of the last v that stays, 0 <= beta2 < 1. @default 0.999 */
  readonly beta2?: number;
  /** Added to sqrt(v^). @default 1e-8 */
  readonly epsilon?: number;
}

export interface AdamWOptions extends AdamOptions {
  /** The factor of w in the direction, >= 0. @default 0.01 */
  readonly weightDecay?: number;
}

/** Steepest descent: d = -g. */
export function gradient(options: object = {}): DirectionRule {
  withDefaults('gradient', {}, options);
  return { name: 'gradient', options: {}, remembers: [], next: (g) => ({ momentum: g, preconditioned: g }) };
}

/** Momentum: m <- beta m + g, d = -m (Polyak 1964; Sutskever et al. 2013, eq. 1-2, with the step outside). */
export function momentum(given: MomentumOptions = {}): DirectionRule {
  const options = checked(withDefaults('momentum', { beta: 0.9 }, given));
  return {
    name: 'momentum',
    options,
    remembers: ['m'],
    next(g, _, moments) {
      const m = (moments[0] = options.beta * moments[0]! + g);
      return { momentum: m, preconditioned: g };
    },
  };
}

/** Nesterov momentum: m <- beta m + g, d = -(g + beta m) (Sutskever et al. 2013, eq. 3-4, at the point of lookahead). */
export function nesterov(given: MomentumOptions = {}): DirectionRule {
  const options = checked(withDefaults('nesterov', { beta: 0.9 }, given));
  return {
    name: 'nesterov',
    options,
    remembers: ['m'],
    next(g, _, moments) {
      const m = (moments[0] = options.beta * moments[0]! + g);
      return { momentum: g + options.beta * m, preconditioned: g, fresh: (1 + options.beta) * g };
    },
  };
}

/** AdaGrad, diagonal (Duchi, Hazan and Singer 2011, Figure 1): v <- v + g^2, d = -g / (sqrt(v) + epsilon). */
export function adagrad(given: AdagradOptions = {}): DirectionRule {
  const options = checked(withDefaults('adagrad', { epsilon: 1e-8 }, given));
  return {
    name: 'adagrad',
    options,
    remembers: ['v'],
    next(g, _, moments) {
      const v = (moments[0]! += g * g);
      const scaled = g / (Math.sqrt(v) + options.epsilon);
      return { momentum: scaled, preconditioned: scaled };
    },
  };
}

/** RMSProp (Tieleman and Hinton 2012, lecture 6.5): v <- beta2 v + (1 - beta2) g^2, d = -g / (sqrt(v) + epsilon). */
export function rmsprop(given: RmspropOptions = {}): DirectionRule {
  const options = checked(withDefaults('rmsprop', { beta2: 0.99, epsilon: 1e-8 }, given));
  return {
    name: 'rmsprop',
    options,
    remembers: ['v'],
    next(g, _, moments) {
      const v = (moments[0] = options.beta2 * moments[0]! + (1 - options.beta2) * g * g);
      const scaled = g / (Math.sqrt(v) + options.epsilon);
      return { momentum: scaled, preconditioned: scaled };
    },
  };
}

/**
 * Adam (arXiv 1412.6980, Algorithm 1): m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2,
 * d = -m^ / (sqrt(v^) + epsilon) with m^ = m / (1 - beta1^t), v^ = v / (1 - beta2^t).
 */
export const adam = (given: AdamOptions = {}): DirectionRule =>
  adamLike('adam', checked(withDefaults('adam', adamDefaults, given)), false, 0);

/** AMSGrad (arXiv 1904.09237, Algorithm 2): Adam with u <- max(u, v) instead of v; both are bias-corrected as in Adam. */
export const amsgrad = (given: AdamOptions = {}): DirectionRule =>
  adamLike('amsgrad', checked(withDefaults('amsgrad', adamDefaults, given)), true, 0);

/** Adam with decoupled weight decay (arXiv 1711.05101, Algorithm 2): d = -(m^ / (sqrt(v^) + epsilon) + weightDecay w). */
export function adamw(given: AdamWOptions = {}): DirectionRule {
  const options = checked(withDefaults('adamw', { ...adamDefaults, weightDecay: 0.01 }, given));
  return adamLike('adamw', options, false, options.weightDecay);
}

const adamDefaults: Required<AdamOptions> = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

function adamLike(
  name: string,
  options: Required<AdamOptions> & Readonly<Record<string, number>>,
  largest: boolean,
  decay: number,
): DirectionRule {
  const { beta1, beta2, epsilon } = options;
  return {
    name,
    options,
    remembers: largest ? ['m', 'v', 'u'] : ['m', 'v'],
    next(g, w, moments, t) {
      const m = (moments[0] = beta1 * moments[0]! + (1 - beta1) * g);
      const v = (moments[1] = beta2 * moments[1]! + (1 - beta2) * g * g);
      const u = largest ? (moments[2] = Math.max(moments[2]!, v)) : v;
      const root = Math.sqrt(u / (1 - beta2 ** t)) + epsilon;
      return {
        momentum: m / (1 - beta1 ** t) / root + decay * w,
        preconditioned: g / root + decay * w,
        fresh: ((1 - beta1) * g) / root,
      };
    },
  };
}

function checked<Options extends Readonly<Record<string, number>>>(options: Options): Options {
  for (const [name, value] of Object.entries(options))
    if (name.startsWith('beta')) {
      if (!(value >= 0 && value < 1)) throw badOption(name, value, 'a number >= 0 and < 1');
    } else if (!(value >= 0 && value < Infinity)) throw badOption(name, value, 'a finite number >= 0');
  return options;
}
