export type { DirectionRule, RuleOutput } from './rule.ts';
export {
  adagrad,
  adam,
  adamw,
  amsgrad,
  gradient,
  momentum,
  nesterov,
  rmsprop,
  type AdagradOptions,
  type AdamOptions,
  type AdamWOptions,
  type MomentumOptions,
  type RmspropOptions,
} from './rules.ts';
export type { Direction, DirectionRuleName } from './by-name.ts';
export type { SavedMoments } from './moments.ts';
