export type { DirectionRule, RuleInput, RuleOutput } from './rule.ts';
export { adagrad, type AdagradOptions } from './adagrad.ts';
export { adam, amsgrad, type AdamOptions } from './adam.ts';
export { adamw, type AdamWOptions } from './adamw.ts';
export { directionRule, type Direction } from './by-name.ts';
export { gradient } from './gradient.ts';
export { momentum, type MomentumOptions } from './momentum.ts';
