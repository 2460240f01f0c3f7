import { california } from './california/index.ts';
import { oneDimension } from './deconvolution/one-dimension.ts';
import { twoDimensions } from './deconvolution/two-dimensions.ts';
import { hiddenLearning } from './hidden-learning/index.ts';
import { nist } from './nist/index.ts';
import type { Study } from './study.ts';

export const studies: readonly Study[] = [hiddenLearning, california, nist, oneDimension, twoDimensions];
