export type { DirectionRule, RuleInput, RuleOutput } from './rule.ts';
export { gradient } from './gradient.ts';
export { momentum, type MomentumOptions } from './momentum.ts';
export { nesterov } from './nesterov.ts';
export { adam, type AdamOptions } from './adam.ts';
export { adamw, type AdamWOptions } from './adamw.ts';
export { adagrad, type AdagradOptions } from './adagrad.ts';
export { amsgrad } from './amsgrad.ts';
export { directionRule, type Direction } from './by-name.ts';
