import type { Study } from './study.ts';

export const studies: readonly Study[] = [];
