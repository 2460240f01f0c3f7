import { california } from './california/index.ts';
import { cnnStudy } from './cnn/index.ts';
import { oneDimension } from './deconvolution/one-dimension.ts';
import { twoDimensions } from './deconvolution/two-dimensions.ts';
import { hiddenLearning } from './hidden-learning/index.ts';
import { switchLm, transformerLm } from './language/index.ts';
import { mirrorAgainstEuclidean } from './mirror-against-euclidean/index.ts';
import { nist } from './nist/index.ts';
import { particleComplexity } from './particle-complexity/index.ts';
import { reluTrajectories } from './relu-trajectories/index.ts';
import type { Study } from './study.ts';
import { twoLayer } from './two-layer/index.ts';

export const studies: readonly Study[] = [
  hiddenLearning,
  california,
  nist,
  transformerLm,
  switchLm,
  cnnStudy,
  oneDimension,
  twoDimensions,
  mirrorAgainstEuclidean,
  reluTrajectories,
  twoLayer,
  particleComplexity,
];
