import { california } from './california/index.ts';
import { hiddenLearning } from './hidden-learning/index.ts';
import { nist } from './nist/index.ts';
import type { Study } from './study.ts';

export const studies: readonly Study[] = [hiddenLearning, california, nist];
