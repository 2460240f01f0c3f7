import type { PromiseTable } from './promise.ts';

const rule = (what: string): string => `@overparam/backend-tfjs, src/directions/rule.ts, ${what}`;
const keeps =
  'It runs within `tf.tidy`, disposes of nothing, and changes nothing in place: its memory becomes that of the variable only when a step is accepted.';

/** What a direction rule keeps to. */
export const directionPromises: PromiseTable = {
  'plain-options': {
    says: 'What it was made with, so that it can be saved and made again.',
    where: rule('DirectionRule.options'),
  },
  'names-its-memory': { says: 'A name for each tensor of its memory.', where: rule('DirectionRule.remembers') },
  shapes: {
    says: 'P m: preconditioned, with momentum. The direction is d = -P m.',
    where: rule('RuleOutput.momentum'),
  },
  'changes-nothing': { says: keeps, where: rule('DirectionRule') },
  deterministic: { says: 'How a direction is made of gradients.', where: rule('DirectionRule') },
  'no-hidden-memory': {
    says: 'What the rule remembered of this variable, one tensor a name in `remembers`; undefined before its first step.',
    where: rule('RuleInput.memory'),
  },
  'stays-finite': {
    says: 'Where g is finite, so are the direction and the memory, and for g = 0 too.',
    where: rule('DirectionRule'),
  },
  descends: {
    says: 'P g: preconditioned, without momentum.',
    where: rule('RuleOutput.preconditioned'),
  },
  fresh: {
    says: 'The part of P m that the current gradient brings, without what is remembered and without weight decay',
    where: rule('RuleOutput.fresh'),
  },
  'no-leak': { says: keeps, where: rule('DirectionRule') },
};
