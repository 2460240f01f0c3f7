import type { PromiseTable } from './promise.ts';

const rule = (what: string): string => `@overparam/backend-tfjs, src/directions/rule.ts, ${what}`;
const keeps = 'A rule disposes of nothing and mutates nothing.';

/** What a direction rule keeps to. */
export const directionPromises: PromiseTable = {
  'plain-options': {
    says: '`options` is plain data, from which the rule can be created again.',
    where: rule('DirectionRule.options'),
  },
  'names-its-memory': {
    says: '`remembers` has one name per tensor of its memory.',
    where: rule('DirectionRule.remembers'),
  },
  shapes: {
    says: 'P m, P g and the memory have the shape of the variable.',
    where: rule('RuleOutput.momentum'),
  },
  'changes-nothing': { says: keeps, where: rule('DirectionRule') },
  deterministic: { says: 'Equal inputs give equal directions.', where: rule('DirectionRule') },
  'no-hidden-memory': {
    says: 'All memory of a rule is in `memory` and `t`, which belong to one variable.',
    where: rule('RuleInput.memory'),
  },
  'stays-finite': {
    says: 'If g is finite, also if it is 0, so are the direction and the memory.',
    where: rule('DirectionRule'),
  },
  descends: {
    says: '<g, P g> >= 0: -P g does not ascend.',
    where: rule('RuleOutput.preconditioned'),
  },
  fresh: {
    says: 'The part of P m that the current gradient brings, without what is remembered and without weight decay',
    where: rule('RuleOutput.fresh'),
  },
  'no-leak': { says: keeps, where: rule('DirectionRule') },
};
