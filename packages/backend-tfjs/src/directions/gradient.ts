import type { DirectionRule } from './rule.ts';

/** Steepest descent: d = -g. */
export const gradient = (): DirectionRule => ({
  name: 'gradient',
  options: {},
  remembers: [],
  next: ({ gradient: g }) => ({ momentum: g, preconditioned: () => g, memory: [] }),
});
