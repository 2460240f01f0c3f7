import type { DirectionRule } from './rule.ts';

/** Steepest descent: d = -g. */
export const gradient = (): DirectionRule => ({
  name: 'gradient',
  options: {},
  remembers: [],
  coefficients: () => [1],
  next: ({ gradient: g }) => ({ momentum: g, memory: [] }),
  preconditioned: ({ gradient: g }) => g,
  fresh: ({ gradient: g }) => g,
});
