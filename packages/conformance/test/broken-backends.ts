import type { Linearization, Matrix, TrialLinearization } from '@overparam/core';
import type { AnyOracle, BackendOptions, MakeOracle, Numbers, Problem, Subject } from '@overparam/conformance';
import { exactOracle, type ExactOracle } from '../src/exact-oracle.ts';

interface BrokenBackend {
  /** How it breaks the promise. */
  readonly how: string;
  readonly make: MakeOracle;
  readonly options?: BackendOptions;
}

type Sound = Required<Subject<ExactOracle>>;

/** The exact oracle, with some of it changed. */
const changed =
  (
    how: (sound: Sound, problem: Problem) => Partial<AnyOracle>,
    around: (sound: Sound) => Partial<Subject> = () => ({}),
  ) =>
  (problem: Problem): Subject => {
    const sound = exactOracle(problem);
    const oracle: AnyOracle = { ...sound.oracle, ...how(sound, problem) };
    return { ...sound, oracle, ...around(sound) };
  };

/** Answers of a question that are off by a factor. */
const twice = ({ rows, columns, data }: Matrix): Matrix => ({ rows, columns, data: data.map((x) => 1.01 * x) });

const answer = (change: (at: Linearization, sound: Sound) => Partial<Linearization>): MakeOracle =>
  changed((sound) => ({
    linearize(request) {
      const at = sound.oracle.linearize(request) as Linearization;
      return { ...at, ...change(at, sound) };
    },
  }));

const matrix = (question: 'kernel' | 'outputs' | 'lossGradient' | 'lossHessianFactor' | 'probeOutputs'): MakeOracle =>
  changed(({ oracle }) => ({
    [question]: (...about: unknown[]) => twice((oracle[question] as (...about: unknown[]) => Matrix)(...about)),
  }));

/** The exact oracle whose parameters are seen through something that the change can spoil. */
const spoilt = (
  how: (sound: Sound, spoil: (w: (w: Numbers) => Numbers) => void, problem: Problem) => Partial<AnyOracle>,
) => {
  return (problem: Problem): Subject => {
    const sound = exactOracle(problem);
    let through = (w: Numbers): Numbers => w;
    const oracle: AnyOracle = { ...sound.oracle, ...how(sound, (next) => (through = next), problem) };
    return { ...sound, oracle, read: () => through(sound.read() as Numbers) };
  };
};

const shifted = (w: Numbers): Numbers => Array.from(w, (x, p) => (p === 0 ? x + 0.01 : x));

/** For each promise a backend that breaks it, and no other. */
export const brokenBackends: Readonly<Record<string, BrokenBackend>> = {
  answers: {
    how: "does not answer 'sampleLosses', which it claims",
    make: changed(() => ({ sampleLosses: undefined }) as unknown as Partial<AnyOracle>),
    options: { answers: ['sampleLosses'] },
  },
  deterministic: {
    how: 'adds noise of Math.random to f',
    make: answer(({ value }) => ({ value: value * (1 + 1e-3 * Math.random()) })),
  },
  value: { how: 'sums the losses of the samples instead of averaging them', make: answer(({ value }, { oracle }) => ({ value: value * (oracle.dimensions() as { samples: number }).samples })) }, // prettier-ignore
  gradient: {
    how: 'answers |g| for |g|^2',
    make: answer(({ squaredGradientNorm }) => ({ squaredGradientNorm: Math.sqrt(squaredGradientNorm) })),
  },
  slope: { how: 'answers half of <g, d>', make: answer(({ slope }) => ({ slope: slope / 2 })) },
  descends: {
    how: 'has d = g',
    make: changed(({ oracle }) => ({
      linearize(request) {
        const at = oracle.linearize(request) as Linearization;
        return { ...at, slope: -at.slope };
      },
      probe: (step) => oracle.probe(-step),
      move: (step) => oracle.move(-step),
      probeGradient(step) {
        const there = oracle.probeGradient(-step) as TrialLinearization;
        return { ...there, slope: -there.slope };
      },
      probeOutputs: (step) => oracle.probeOutputs(-step),
      moveHeavyBall: (step, momentum) => oracle.moveHeavyBall(-step, momentum),
      probeHeavyBall: (step, momentum) => oracle.probeHeavyBall(-step, momentum),
      moveNesterov: (step, tau) => oracle.moveNesterov(-step, tau),
      probeNesterov: (step, tau) => oracle.probeNesterov(-step, tau),
      // The directions of these are d itself.
      pullback: (u, request) => opposite(oracle.pullback({ ...u, data: u.data.map((x) => -x) }, { ...request, momentum: -(request?.momentum ?? 0) }) as Linearization), // prettier-ignore
      direct: (d, request) => opposite(oracle.direct(d.map((x) => -x), request) as Linearization), // prettier-ignore
    })),
  },
  'probe-at-zero': {
    how: 'answers probe(0) from a probe nearby',
    make: changed(({ oracle }) => ({ probe: (step) => oracle.probe(step === 0 ? 1e-4 : step) })),
  },
  'probe-stays': {
    how: 'probes by moving, and does not come back exactly',
    make: spoilt(({ oracle }, spoil) => ({
      probe(step) {
        spoil(shifted);
        return oracle.probe(step);
      },
      probeGradient: undefined as never,
      probeAlong: undefined as never,
    })),
  },
  probe: {
    how: 'probes by a quadratic model of f with a wrong curvature',
    make: changed(({ oracle }) => ({ probe: async (step) => (await oracle.probe(step)) + step ** 2 })),
  },
  move: {
    how: 'moves by 1.01 step d',
    make: changed(({ oracle }) => ({ move: (step) => oracle.move(1.01 * step), pullback: undefined as never, direct: undefined as never, probeGradient: undefined as never, probeOutputs: undefined as never, displacementProduct: undefined as never })), // prettier-ignore
  },
  'no-descent': {
    how: 'then answers half the slope',
    make: changed(({ oracle }) => ({
      linearize(request) {
        const at = oracle.linearize(request) as Linearization;
        return request?.descend === false ? { ...at, slope: at.slope / 2 } : at;
      },
    })),
  },
  'no-probes': {
    how: 'then answers half the slope',
    make: changed(({ oracle }) => ({
      linearize(request) {
        const at = oracle.linearize(request) as Linearization;
        return request?.probes === false ? { ...at, slope: at.slope / 2 } : at;
      },
    })),
  },
  'move-refuses': {
    how: 'moves by NaN',
    make: spoilt(({ oracle }, spoil) => ({
      move(step) {
        if (Number.isFinite(step)) return oracle.move(step);
        spoil((w) => Array.from(w, () => NaN));
        throw new Error('the parameters are NaN');
      },
      abandon() {
        oracle.abandon();
      },
    })),
  },
  'same-data': {
    how: 'probes on the next batch, when that is ready',
    make: (problem) => {
      const sound = exactOracle(problem);
      let start: readonly number[] | undefined;
      let next: readonly number[] | undefined;
      const oracle: AnyOracle = {
        ...sound.oracle,
        linearize(request) {
          start = next;
          return sound.oracle.linearize(request);
        },
        probe(step) {
          if (next === start) return sound.oracle.probe(step);
          const { value } = otherBatch(problem, next!).linearize() as Linearization;
          return value;
        },
      };
      return {
        ...sound,
        oracle,
        batch(samples) {
          next = samples;
          sound.batch(samples);
        },
      };
    },
  },
  'same-randomness': {
    how: 'draws again for each probe',
    make: (problem) => {
      const sound = exactOracle(problem);
      if (!problem.noise) return sound;
      let count = 0;
      return { ...sound, oracle: { ...sound.oracle, probe: async (step) => (await sound.oracle.probe(step)) * (1 + 1e-3 * count++) } }; // prettier-ignore
    },
  },
  modules: {
    how: 'takes all modules for any of them',
    make: changed(({ oracle }) => ({ linearize: () => oracle.linearize() })),
  },
  'small-answers': {
    how: 'also returns the gradient',
    make: changed(({ oracle, read }) => ({
      linearize: (request) => ({
        ...(oracle.linearize(request) as Linearization),
        gradient: Array.from(read() as Numbers),
      }),
    })),
  },
  abandon: {
    how: 'does not put the randomness back',
    make: changed(({ oracle }) => ({
      abandon() {
        oracle.abandon();
        oracle.linearize();
        oracle.finish();
      },
    })),
  },
  finish: {
    how: 'still undoes the step after it',
    make: spoilt(({ oracle, read }, spoil) => {
      let before: Numbers = [];
      let finished = false;
      return {
        linearize(request) {
          finished = false;
          before = read() as Numbers;
          return oracle.linearize(request);
        },
        finish() {
          finished = true;
          oracle.finish();
        },
        abandon() {
          if (finished) spoil(() => before);
          oracle.abandon();
        },
      };
    }),
  },
  'no-leak': {
    how: 'keeps something of every probe',
    make: (problem) => {
      const sound = exactOracle(problem);
      let kept = 0;
      const oracle: AnyOracle = { ...sound.oracle, probe: (step) => (kept++, sound.oracle.probe(step)) };
      return { ...sound, oracle, live: () => sound.live() + kept };
    },
  },
  direction: {
    how: 'answers |v| for |v|^2',
    make: changed(({ oracle }) => ({
      async direction(name) {
        const { slope, squaredNorm } = await oracle.direction(name);
        return { slope, squaredNorm: Math.sqrt(squaredNorm) };
      },
      probeAlong: undefined as never,
      moveAlong: undefined as never,
    })),
  },
  'probe-along': {
    how: "takes 'gradient' for any direction",
    make: changed(({ oracle }) => ({ probeAlong: (_, step) => oracle.probeAlong('gradient', step) })),
  },
  'move-along': {
    how: "takes 'gradient' for any direction",
    make: changed(({ oracle }) => ({ moveAlong: (_, step) => oracle.moveAlong('gradient', step) })),
  },
  'probe-gradient': {
    how: 'answers |g|^2 of w',
    make: changed(({ oracle }) => ({
      async probeGradient(step) {
        const { squaredGradientNorm } = oracle.linearize() as Linearization;
        return { ...(await oracle.probeGradient(step)), squaredGradientNorm };
      },
    })),
  },
  'move-extragradient': {
    how: 'moves by the gradient of w',
    make: changed(({ oracle }) => ({ moveExtragradient: (step) => oracle.move(step) })),
  },
  'move-heavy-ball': {
    how: 'forgets the momentum',
    make: changed(({ oracle }) => ({ moveHeavyBall: (step) => oracle.moveHeavyBall(step, 0) })),
  },
  'move-nesterov': {
    how: 'has tau the other way round',
    make: changed(({ oracle }) => ({ moveNesterov: (step, tau) => oracle.moveNesterov(step, 1 - tau) })),
  },
  'sample-losses': {
    how: 'answers shares of f, which add up to it',
    make: changed(({ oracle }) => ({
      async sampleLosses() {
        const { samples, losses } = await oracle.sampleLosses();
        return { samples, losses: losses.map((l) => (0.99 * l) / losses.length) };
      },
    })),
  },
  dimensions: {
    how: 'counts the parameters of all modules for any of them',
    make: changed(({ oracle }) => ({ dimensions: () => oracle.dimensions() })),
  },
  loss: { how: 'is off by 1 %', make: changed(({ oracle }) => ({ loss: async () => 1.01 * (await oracle.loss()) })) },
  outputs: { how: 'is off by 1 %', make: matrix('outputs') },
  'loss-gradient': { how: 'is off by 1 %', make: matrix('lossGradient') },
  'loss-hessian': { how: 'is off by 1 %', make: matrix('lossHessianFactor') },
  kernel: { how: 'is off by 1 %', make: matrix('kernel') },
  scaling: {
    how: 'clips D at its minimum alone',
    make: changed(({ oracle }) => ({
      kernel: ({ scaling, ...request } = {}) =>
        oracle.kernel(scaling ? { ...request, scaling: { ...scaling, max: Infinity } } : request),
    })),
  },
  'kernel-product': {
    how: 'is that of all modules for any of them',
    make: changed(({ oracle }) => ({
      kernelProduct: (u) => oracle.kernelProduct(u),
    })),
  },
  pullback: {
    how: 'leaves d as it is in the other modules',
    make: changed(({ oracle }) => ({
      pullback: (u) => oracle.pullback(u),
    })),
  },
  'pullback-momentum': {
    how: 'forgets the momentum',
    make: changed(({ oracle }) => ({ pullback: (u, request) => oracle.pullback(u, { ...request, momentum: 0 }) })),
  },
  'same-batch': {
    how: 'takes the next batch in linearize, whatever the step began with',
    make: (problem) => {
      const sound = exactOracle(problem);
      let next: readonly number[] | undefined;
      const linearize: AnyOracle['linearize'] = (request) => {
        const at = sound.oracle.linearize(request);
        return next ? otherBatch(problem, next).linearize(request) : at;
      };
      return {
        ...sound,
        oracle: { ...sound.oracle, linearize },
        batch(samples) {
          next = samples;
          sound.batch(samples);
        },
      };
    },
  },
  'probe-outputs': { how: 'is off by 1 %', make: matrix('probeOutputs') },
  'displacement-product': {
    how: 'is that of all modules for any of them',
    make: changed(({ oracle }) => ({ displacementProduct: () => oracle.displacementProduct() })),
  },
  jacobian: {
    how: 'has the columns of all modules for any of them',
    make: changed(({ oracle }) => ({ jacobian: () => oracle.jacobian() })),
  },
  direct: {
    how: 'has d = -d',
    make: changed(({ oracle }) => ({ direct: (d, request) => oracle.direct(d.map((x) => -x), request) })), // prettier-ignore
  },
  sizes: {
    how: 'answers |w|^2 for |w|',
    make: changed(({ oracle }) => ({
      async sizes() {
        const sizes = await oracle.sizes();
        return { ...sizes, parameters: sizes.parameters ** 2 };
      },
    })),
  },
  'largest-column': {
    how: 'is that of all modules for any of them',
    make: changed(({ oracle }) => ({ largestSquaredColumn: () => oracle.largestSquaredColumn() })),
  },
  'module-names': {
    how: 'leaves out the last one',
    make: changed((_, { modules }) => ({ modules: () => modules.slice(1) })),
  },
  'module-kernels': {
    how: 'answers in the order of its own',
    make: changed(({ oracle }, { modules }) => ({
      moduleKernels: (request) => oracle.moduleKernels({ ...request, modules }),
    })),
  },
};

const opposite = (at: Linearization): Linearization => ({ ...at, slope: -at.slope });

function otherBatch(problem: Problem, samples: readonly number[]): ExactOracle {
  const other = exactOracle(problem);
  other.batch(samples);
  return other.oracle;
}
