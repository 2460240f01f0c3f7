import { testFlow, type FlowMeasure } from '@overparam/conformance';
import {
  circle,
  conic,
  euclidean,
  explicit,
  fista,
  forwardBackward,
  ista,
  mirrorDescent,
  squaredNorm,
  torus,
  totalVariation,
} from '@overparam/wasserstein-flow';
import { describe, it } from 'vitest';

const lambda = 0.1;
const setting = { domain: circle(), regularizer: totalVariation(lambda) };
const total = ({ weights }: FlowMeasure): number => lambda * weights.reduce((sum, a) => sum + Math.abs(a), 0);
const options = { runner: { describe, it }, regularizer: total, runs: 10 };

testFlow((start) => explicit(setting, { start, step: 1e-3 }), { ...options, name: 'explicit' });
testFlow((start) => forwardBackward(setting, { start, step: 1e-3 }), { ...options, name: 'forward-backward' });
testFlow((start) => forwardBackward(setting, { start }), { ...options, name: 'forward-backward, searching' });
for (const retraction of ['mirror', 'canonical', 'geodesic'] as const)
  testFlow((start) => conic(setting, { start, alpha: 0.5, beta: 0.05, retraction, step: 0.01 }), {
    ...options,
    name: `conic, ${retraction}`,
  });
testFlow((start) => conic({ ...setting, domain: torus(2) }, { start, step: 'lipschitz' }), {
  ...options,
  name: 'conic, on the torus, searching',
  dimension: 2,
});
testFlow((start) => ista(setting, { start, step: 0.01 }), { ...options, name: 'ista' });
testFlow((start) => fista(setting, { start, step: 0.01 }), { ...options, name: 'fista', descends: false });
testFlow((start) => mirrorDescent(setting, { start, step: 0.01 }), { ...options, name: 'mirror descent' });

const decay = 0.01;
testFlow((start) => explicit({ domain: euclidean(2), regularizer: squaredNorm(decay) }, { start, step: 1e-3 }), {
  ...options,
  name: 'explicit, weight decay',
  dimension: 2,
  regularizer: ({ positions, weights }) => {
    const m = weights.length;
    return (
      (decay / m) * weights.reduce((sum, a, i) => sum + (m * a) ** 2 + positions[i]!.reduce((s, x) => s + x * x, 0), 0)
    );
  },
});
