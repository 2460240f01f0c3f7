import { withDefaults } from '@overparam/core';
import type { DirectionRule } from './rule.ts';

/** Steepest descent: d = -g. */
export const gradient = (options: object = {}): DirectionRule => ({
  name: 'gradient',
  options: withDefaults<Record<string, number>>('gradient', {}, options as Record<string, number>),
  remembers: [],
  next: ({ gradient: g }) => ({ momentum: g, preconditioned: () => g, memory: [] }),
});
