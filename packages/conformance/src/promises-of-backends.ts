import type { PromiseTable } from './promise.ts';

const oracle = '@overparam/core, README, "The oracle"';
const protocol = (question: string): string => `@overparam/core, src/oracle.ts, ${question}`;
const optional = (question: string): string => `@overparam/core, src/optional-questions.ts, ${question}`;
const composite = (question: string): string => `@overparam/core, src/composite-oracle.ts, ${question}`;
const displaced = 'd <- J^T u + momentum (w_k - w_{k-1}), for oracles that answer `displacementProduct`.';

/** What a backend keeps to. */
export const backendPromises: PromiseTable = {
  answers: {
    says: 'Every oracle answers `linearize`, `probe` and `move`, and each question that it claims.',
    where: oracle,
  },
  deterministic: {
    says: 'Two oracles created from the same start give the same answers.',
    where: '@overparam/core, README, "What an oracle keeps to"',
  },
  value: { says: 'f(w)', where: protocol('Linearization.value') },
  gradient: { says: '|g|^2', where: protocol('Linearization.squaredGradientNorm') },
  slope: { says: '<g, d>: the directional derivative of f along d.', where: protocol('Linearization.slope') },
  descends: {
    says: 'A direction that does not descend is replaced by what the current gradient brings of it, and `fellBack` says so.',
    where: 'CONTRIBUTING.md, "How to add a backend"',
  },
  'no-descent': {
    says: 'd is what the direction rule makes, even where it ascends; the slope is then positive.',
    where: protocol('LinearizeRequest.descend'),
  },
  'no-probes': {
    says: 'no later question of this step evaluates f or its gradient elsewhere, and |g|^2 is not needed.',
    where: protocol('LinearizeRequest.probes'),
  },
  'probe-at-zero': {
    says: 'f(w + step d), on the data and with the random draws of the last `linearize`; w does not move.',
    where: protocol('Oracle.probe'),
  },
  'probe-stays': {
    says: 'f(w + step d), on the data and with the random draws of the last `linearize`; w does not move.',
    where: protocol('Oracle.probe'),
  },
  probe: {
    says: 'f(w + step d), on the data and with the random draws of the last `linearize`; w does not move.',
    where: protocol('Oracle.probe'),
  },
  move: { says: 'w <- w + step d, completely or not at all.', where: protocol('Oracle.move') },
  'move-refuses': {
    says: 'A step that is not finite is an error, and nothing moves.',
    where: protocol('Oracle.move'),
  },
  'same-data': {
    says: 'f(w + step d), on the data and with the random draws of the last `linearize`; w does not move.',
    where: protocol('Oracle.probe'),
  },
  'same-randomness': {
    says: 'f(w + step d), on the data and with the random draws of the last `linearize`; w does not move.',
    where: protocol('Oracle.probe'),
  },
  modules: {
    says: 'Names of the modules to differentiate; the others have d = 0.',
    where: protocol('LinearizeRequest.modules'),
  },
  'small-answers': {
    says: 'Only structured-cloneable scalars and arrays of sample size are exchanged, never data of parameter size.',
    where: oracle,
  },
  abandon: {
    says: '`abandon` restores everything as it was before the step: parameters, random generators, moving averages.',
    where: protocol('Housekeeping.abandon'),
  },
  finish: {
    says: 'After `finish` a step can no longer be abandoned, and its resources are freed.',
    where: protocol('Housekeeping.finish'),
  },
  'no-leak': {
    says: 'The resources of a step are freed when it ends, in success or failure.',
    where: '@overparam/core, README, "What an oracle keeps to"',
  },
  direction: {
    says: 'Directions at the last linearization: `gradient` is -g; `preconditioned` is -P g, with the preconditioner of the direction rule and no momentum; `momentum` is -P m, with both. None of them changes when `linearize` falls back.',
    where: optional('DirectionName'),
  },
  'probe-along': {
    says: 'f(w + step v) on the data and randomness of the last `linearize`; w does not move.',
    where: optional('DirectionalOracle.probeAlong'),
  },
  'move-along': { says: 'w <- w + step v', where: optional('DirectionalOracle.moveAlong') },
  'probe-gradient': {
    says: 'Linearizes at w + step d, on the data and randomness of the last `linearize`; neither w, g nor d changes.',
    where: optional('TrialGradientOracle.probeGradient'),
  },
  'move-extragradient': {
    says: "w <- w - step g', with g' the gradient of the last `probeGradient` (an extragradient step).",
    where: optional('TrialGradientOracle.moveExtragradient'),
  },
  'move-heavy-ball': {
    says: 'w_{k+1} <- w_k + step d + momentum (w_k - w_{k-1}), where w_{-1} = w_0.',
    where: optional('AcceleratedOracle.moveHeavyBall'),
  },
  'move-nesterov': {
    says: 'y_{k+1} <- w_k + step d;  w_{k+1} <- (1 - tau) y_{k+1} + tau y_k, where y_0 = w_0.',
    where: optional('AcceleratedOracle.moveNesterov'),
  },
  'sample-losses': {
    says: 'l_j(w), one per sample of the batch; their mean is f(w).',
    where: optional('SampleLosses.losses'),
  },
  dimensions: { says: 'P, the parameters, of the modules that were asked for.', where: composite('Dimensions') },
  loss: { says: 'f(w)', where: composite('CompositeOracle.loss') },
  outputs: { says: 'N x C', where: composite('CompositeOracle.outputs') },
  'loss-gradient': { says: 'dL / d outputs, N x C.', where: composite('CompositeOracle.lossGradient') },
  'loss-hessian': {
    says: 'the blocks S_n, C x C each and one below the other, with S_n S_n^T the Hessian of L in the outputs of sample n',
    where: composite('CompositeOracle.lossHessianFactor'),
  },
  kernel: {
    says: 'J J^T, N C x N C: the tangent kernel, of the modules and samples that are asked for.',
    where: composite('CompositeOracle.kernel'),
  },
  'kernel-product': {
    says: 'J (J^T u) for u of N x C, without the kernel.',
    where: composite('CompositeOracle.kernelProduct'),
  },
  pullback: {
    says: 'd <- J^T u for u of N x C (D^-1 J^T u under a scaling); other modules have d = 0.',
    where: composite('CompositeOracle.pullback'),
  },
  scaling: {
    says: "Uses J D^-1/2 instead of J, with D = clip(diag(J^T J), min, max): Marquardt's scaling of the parameters.",
    where: composite('ColumnScaling'),
  },
  'pullback-momentum': { says: displaced, where: composite('PullbackRequest.momentum') },
  'same-batch': {
    says: 'All questions of a step refer to the same batch, random draws and point w, until `move`, `finish` or `abandon`.',
    where: composite('CompositeOracle'),
  },
  'probe-outputs': {
    says: 'The outputs at w + step d; w does not move.',
    where: composite('OutputsAlongOracle.probeOutputs'),
  },
  'displacement-product': {
    says: 'J (w_k - w_{k-1}), N x C; zero at the first step.',
    where: composite('DisplacementOracle.displacementProduct'),
  },
  jacobian: {
    says: "J, N C x P, columns in the oracle's order of parameters.",
    where: composite('JacobianOracle.jacobian'),
  },
  direct: {
    says: "d <- the given vector of length P, in the order of `jacobian`'s columns; other modules have d = 0.",
    where: composite('JacobianOracle.direct'),
  },
  sizes: {
    says: 'Of w, and of d and g at the last `pullback` or `direct`, the parameters that it left out included in |w| alone.',
    where: composite('SizesOracle.sizes'),
  },
  'largest-column': {
    says: 'max_i (J^T J)_ii, the largest squared norm of a column of J.',
    where: composite('SizesOracle.largestSquaredColumn'),
  },
  'module-names': {
    says: 'The names of all modules; others is among them when the rest of them do not have every parameter.',
    where: composite('ModularOracle.modules'),
  },
  'module-kernels': {
    says: 'J J^T of each module by itself, in the order of the request; N C x N C, or N x N along V.',
    where: composite('ModularOracle.moduleKernels'),
  },
};
