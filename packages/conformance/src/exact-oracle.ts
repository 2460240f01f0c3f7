import {
  badOption,
  finiteStep,
  notLinearized,
  type DirectionName,
  type JacobianRequest,
  type KernelRequest,
  type Linearization,
  type LinearizeRequest,
  type Matrix,
  type ModuleKernelsRequest,
  type PullbackRequest,
} from '@overparam/core';
import { blocksOf, columnScale, contracted, product, transposedTimes } from './jacobian.ts';
import { flatWeights, maskOf, network, type Network } from './network.ts';
import type { Problem } from './problem.ts';
import type { AnyOracle, Subject } from './subject.ts';
import { dot, norm, plus, times } from './vector.ts';

/** Every question of the core, each answered. */
export type ExactOracle = Required<AnyOracle>;

export interface ExactOptions {
  /**
   * Whether it refuses to move by a step that is not finite, and `abandon` puts back the parameters after a move. A
   * method that keeps its promises needs neither, so methods are tested without.
   */
  readonly guarded?: boolean;
}

/** What outlives a step. Nothing in it is changed in place. */
interface Lasting {
  readonly w: Float64Array;
  readonly previous: Float64Array;
  readonly lookahead: Float64Array;
  readonly average: Float64Array;
  readonly moment: Float64Array;
  readonly seed: number;
}

/** What a step holds: its batch, and what was asked for so far. */
interface Taken {
  readonly samples: readonly number[];
  readonly net: Network;
  readonly before: Lasting;
  g?: Float64Array;
  d?: Float64Array;
  moment?: Float64Array;
  /** The weight of the point after the move in the average. */
  weight?: number;
  trialGradient?: Float64Array;
}

/** A {@link Problem} in float64, from explicit Jacobians: slow, and as exact as can be. */
export function exactOracle(problem: Problem, { guarded = true }: ExactOptions = {}): Required<Subject<ExactOracle>> {
  const { inputs, targets, modules } = problem;
  const C = targets[0]!.length;
  const start = flatWeights(problem);
  const P = start.length;
  let lasting: Lasting = {
    w: start,
    previous: start,
    lookahead: start,
    average: start,
    moment: start.map(() => 0),
    seed: 1,
  };
  let rows: readonly number[] = inputs.map((_, n) => n);
  let taken: Taken | undefined;

  const take = (): Taken => {
    if (taken) return taken;
    const before = lasting;
    const [noisy, seed] = problem.noise ? noise(inputs, lasting.seed) : [inputs, lasting.seed];
    lasting = { ...lasting, seed };
    taken = { samples: rows, net: network(problem, rows, noisy), before };
    return taken;
  };
  const linearized = (question: string): Required<Pick<Taken, 'g' | 'd'>> & Taken => {
    const { g, d } = taken ?? {};
    if (!g || !d) throw notLinearized(question);
    return { ...taken!, g, d };
  };
  const finite = (question: string, step: number): number => {
    return guarded ? finiteStep(question, step) : step;
  };
  const known = (wanted: readonly string[] = modules): readonly string[] => {
    for (const name of wanted)
      if (!modules.includes(name)) throw badOption('modules', name, `names among ${modules.join(', ')}`);
    return wanted;
  };
  const masked = (v: Float64Array, request: LinearizeRequest = {}): Float64Array =>
    times(v, maskOf(problem, known(request.modules)));
  /** J of the request, and D. */
  const jacobian = ({ modules: wanted, scaling }: JacobianRequest = {}): { J: Float64Array; D: Float64Array } => {
    const J = take().net.jacobian(lasting.w);
    const mask = maskOf(problem, known(wanted));
    const D = columnScale(J, P, scaling);
    return { J: J.map((x, i) => (x * mask[i % P]!) / Math.sqrt(D[i % P]!)), D };
  };
  const matrix = (data: Float64Array, columns: number): Matrix => ({ rows: data.length / columns, columns, data });
  const outer = (J: Float64Array): Float64Array => product(J, J, P);
  const direct = (d: Float64Array, request: LinearizeRequest = {}): Linearization => {
    const t = take();
    const { w, moment } = lasting;
    const g = masked(t.net.gradient(w), request);
    Object.assign(t, { g, d, moment: t.moment ?? moment });
    return { value: t.net.value(w), slope: dot(g, d), squaredGradientNorm: dot(g, g) };
  };
  const goTo = (w: Float64Array, lookahead?: Float64Array): void => {
    const { moment = lasting.moment, weight } = taken!;
    const average =
      weight === undefined ? lasting.average : plus(lasting.average, weight, plus(w, -1, lasting.average));
    lasting = { ...lasting, previous: lasting.w, w, moment, average, lookahead: lookahead ?? w };
    settled = taken;
    taken = undefined;
  };
  let settled: Taken | undefined;
  /** P of the direction rule: 1, 1/2, 1, 1/2, ... */
  const preconditioned = (v: Float64Array): Float64Array => v.map((x, p) => x / (1 + (p % 2)));
  const along = (name: DirectionName, { g, moment }: Taken): Float64Array => {
    if (name === 'gradient') return g!.map((x) => -x);
    return preconditioned(name === 'momentum' ? moment! : g!).map((x) => -x);
  };

  const extragradient = (question: string, step: number): Float64Array => {
    const { trialGradient } = linearized(question);
    if (!trialGradient) throw notLinearized(question);
    return plus(lasting.w, -finite(question, step), trialGradient);
  };
  const heavyBall = (step: number, momentum: number): Float64Array => {
    const { d } = linearized('moveHeavyBall');
    const { w, previous } = lasting;
    return plus(plus(w, finite('moveHeavyBall', step), d), finite('moveHeavyBall', momentum), plus(w, -1, previous));
  };
  const nesterov = (step: number, tau: number): readonly [w: Float64Array, y: Float64Array] => {
    const { d } = linearized('moveNesterov');
    const y = plus(lasting.w, finite('moveNesterov', step), d);
    return [plus(y, finite('moveNesterov', tau), plus(lasting.lookahead, -1, y)), y];
  };

  const oracle: ExactOracle = {
    name: 'the exact oracle',
    abandon() {
      const before = (taken ?? settled)?.before;
      if (before && (guarded || taken)) lasting = before;
      taken = settled = undefined;
    },
    finish() {
      taken = settled = undefined;
    },

    linearize(request) {
      settled = undefined;
      const t = take();
      const g = masked(t.net.gradient(lasting.w), request);
      t.moment = plus(g, 0.5, lasting.moment);
      return direct(
        g.map((x) => -x),
        request,
      );
    },
    probe(step) {
      const { net, d } = linearized('probe');
      return net.value(plus(lasting.w, step, d));
    },
    move(step) {
      const { d } = linearized('move');
      goTo(plus(lasting.w, finite('move', step), d));
    },

    direction(name) {
      const t = linearized('direction');
      const v = along(name, t);
      return { slope: dot(t.g, v), squaredNorm: dot(v, v) };
    },
    probeAlong(name, step) {
      const t = linearized('probeAlong');
      return t.net.value(plus(lasting.w, step, along(name, t)));
    },
    moveAlong(name, step) {
      goTo(plus(lasting.w, finite('moveAlong', step), along(name, linearized('moveAlong'))));
    },

    probeGradient(step) {
      const { net, g, d } = linearized('probeGradient');
      const there = plus(lasting.w, step, d);
      const trial = net.gradient(there);
      const change = plus(trial, -1, g);
      taken!.trialGradient = trial;
      return {
        value: net.value(there),
        slope: dot(trial, d),
        squaredGradientNorm: dot(trial, trial),
        squaredGradientChange: dot(change, change),
      };
    },
    probeExtragradient: (step) => taken!.net.value(extragradient('probeExtragradient', step)),
    moveExtragradient: (step) => goTo(extragradient('moveExtragradient', step)),
    probeHeavyBall: (step, momentum) => linearized('probeHeavyBall').net.value(heavyBall(step, momentum)),
    moveHeavyBall: (step, momentum) => goTo(heavyBall(step, momentum)),
    probeNesterov: (step, tau) => linearized('probeNesterov').net.value(nesterov(step, tau)[0]),
    moveNesterov: (step, tau) => goTo(...nesterov(step, tau)),

    average(weight) {
      linearized('average');
      taken!.weight = weight;
    },

    sampleLosses() {
      const { samples, net } = take();
      return { samples, losses: Array.from(net.losses(lasting.w)) };
    },

    dimensions(request) {
      const parameters = maskOf(problem, known(request?.modules)).reduce((sum, x) => sum + x, 0);
      return { samples: take().samples.length, outputs: C, parameters };
    },
    loss: () => take().net.value(lasting.w),
    outputs: () => matrix(take().net.outputs(lasting.w), C),
    lossGradient: () => matrix(take().net.lossGradient(lasting.w), C),
    lossHessianFactor() {
      const N = take().samples.length;
      const data = Float64Array.from({ length: N * C * C }, (_, i) => ((i % (C * C)) % (C + 1) === 0 ? N ** -0.5 : 0));
      return matrix(data, C);
    },
    kernel({ samples, ...request }: KernelRequest = {}) {
      const J = jacobian(request).J;
      const all = take().samples.map((_, n) => n);
      const part = blocksOf(J, C * P, samples ?? all);
      return matrix(outer(part), part.length / P);
    },
    kernelProduct(u, request) {
      const { J } = jacobian(request);
      return matrix(product(J, transposedTimes(J, u.data, P), P), C);
    },
    pullback(u, { momentum = 0, ...request }: PullbackRequest = {}) {
      const { J, D } = jacobian(request);
      const inRowSpace = transposedTimes(J, u.data, P).map((x, p) => x / Math.sqrt(D[p]!));
      const displacement = masked(plus(lasting.w, -1, lasting.previous), request);
      return direct(plus(inRowSpace, momentum, displacement), request);
    },
    probeOutputs(step) {
      const { net, d } = linearized('probeOutputs');
      return matrix(net.outputs(plus(lasting.w, step, d)), C);
    },
    displacementProduct(request) {
      return matrix(product(jacobian(request).J, plus(lasting.w, -1, lasting.previous), P), C);
    },
    sizes() {
      const { g, d } = linearized('sizes');
      return {
        parameters: norm(lasting.w),
        direction: norm(d),
        largestGradient: g.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
      };
    },
    largestSquaredColumn(request) {
      const squares = columnScale(jacobian(request).J, P, { min: 0, max: Infinity });
      return squares.reduce((most, x) => Math.max(most, x), 0);
    },
    jacobian: (request) => {
      const mask = maskOf(problem, known(request?.modules));
      const J = jacobian().J.filter((_, i) => mask[i % P] === 1);
      return matrix(
        J,
        mask.reduce((sum, x) => sum + x, 0),
      );
    },
    direct(d, request) {
      const mask = maskOf(problem, known(request?.modules));
      let next = 0;
      return direct(
        mask.map((x) => (x ? d[next++]! : 0)),
        request,
      );
    },

    modules: () => modules,
    moduleKernels({ modules: wanted, samples, along: V }: ModuleKernelsRequest = {}) {
      const { samples: all, net } = take();
      const v = V === 'loss' ? net.lossGradient(lasting.w) : V?.data;
      return known(wanted).map((name) => {
        const J = blocksOf(jacobian({ modules: [name] }).J, C * P, samples ?? all.map((_, n) => n));
        if (!v) return matrix(outer(J), J.length / P);
        const chosen = blocksOf(v, C, samples ?? all.map((_, n) => n));
        const G = contracted(J, chosen, C, P);
        return matrix(outer(G), G.length / P);
      });
    },
  };
  return {
    oracle,
    read: () => lasting.w,
    batch: (samples) => void (rows = samples),
    live: () => ((taken ?? settled) ? 1 : 0),
    dispose: () => void (taken = settled = undefined),
  };
}

/** The inputs, each times 0 or 2, and the state of the generator after (a linear congruential one). */
function noise(inputs: Problem['inputs'], seed: number): readonly [Problem['inputs'], number] {
  let state = seed;
  const draw = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state < 0 ? 0 : 2;
  };
  return [inputs.map((row) => row.map((x) => x * draw())), state];
}
