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
  runs: 3,
});
testBackend(making({ float: 'float32' }), {
  runner,
  name: 'compositeOracle of jax-js, float32',
  precision: 'float32',
  answers: [...answers, ...composite],
  noise: true,
  runs: 3,
});
testBackend(making({ float: 'float32', asynchronous: true, direction: 'adam' }), {
  runner,
  name: 'compositeOracle of jax-js with promises, along the direction of Adam',
  precision: 'float32',
  answers: [...answers, ...composite],
  runs: 2,
});
// One row of the Jacobian at a time.
testBackend(making({ float: 'float32', memory: 1 }), {
  runner,
  name: 'compositeOracle of jax-js, block by block',
  precision: 'float32',
  answers: composite,
  runs: 2,
});
// Linear models: tanh of float64 has the precision of float32 on the wasm device of jax-js 0.1.25.
testBackend(making({ float: 'float64' }), {
  runner,
  name: 'compositeOracle of jax-js, float64',
  answers: [...answers, ...composite],
  layers: 1,
  runs: 3,
});
