import { defaultDevice, init } from '@jax-js/jax';
import { testBackend } from '@overparam/conformance';
import { describe, it } from 'vitest';
import { making } from '../test/subject.ts';

await init('wasm');
defaultDevice('wasm');

const answers = [
  'probeGradient',
  'moveExtragradient',
  'direction',
  'probeAlong',
  'moveAlong',
  'moveHeavyBall',
  'moveNesterov',
] as const;
const composite = [
  'dimensions',
  'loss',
  'outputs',
  'lossGradient',
  'lossHessianFactor',
  'kernel',
  'kernelProduct',
  'pullback',
  'probeOutputs',
  'displacementProduct',
  'jacobian',
  'direct',
  'sizes',
  'largestSquaredColumn',
  'modules',
  'moduleKernels',
] as const;

const runner = { describe, it };
testBackend(making({ float: 'float32', composite: false }), {
  runner,
  name: 'oracle of jax-js, float32',
  precision: 'float32',
  answers,
  noise: true,
  runs: 5,
});
testBackend(making({ float: 'float32' }), {
  runner,
  name: 'compositeOracle of jax-js, float32',
  precision: 'float32',
  answers: [...answers, ...composite],
  noise: true,
  runs: 5,
});
