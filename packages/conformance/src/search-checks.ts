import fc from 'fast-check';
import { badOption, type Inquiry, type Question } from '@overparam/core';
import { checkAll, NotApplicable, type Check, type Effort } from './check.ts';
import { ensure, Finding, shown } from './promise-broken.ts';
import { promiseOf } from './promise.ts';
import { searchPromises } from './promises-of-line-searches.ts';
import { ensureSame, same } from './same.ts';

/** What a search knows before its first trial. */
export interface LineAtZero {
  readonly initial: number;
  readonly value: number;
  readonly slope: number;
  readonly reference: number;
}

export interface SearchEnd<Trial> {
  readonly step: number;
  readonly trial: Trial;
  readonly accepted: boolean;
  readonly why: string | null;
  readonly next: number;
  readonly backtracks: number;
  readonly forwards: number;
}

/** Trial steps out, what is found there in. */
export type LineSearch<Trial> = (
  probe: (step: number) => Inquiry<Trial>,
  line: LineAtZero,
) => Inquiry<SearchEnd<Trial>>;

export interface SearchClaims<Trial> {
  /** The trials after which it ends at the latest; 100 when absent. */
  readonly maxTrials?: number;
  /** What a trial is: f alone, or `{ value, slope, squaredGradientNorm, squaredGradientChange }`; 'value' when absent. */
  readonly trial?: 'value' | 'gradient';
  /** The condition that an accepted trial meets. */
  readonly accepts?: (step: number, trial: Trial, line: LineAtZero) => boolean;
  /** False for a search that may fail on a convex quadratic. */
  readonly succeeds?: boolean;
}

/** f along a ray: c - s t + a t^2 / 2, or answers without any sense, the k-th at the k-th trial. */
interface Ray {
  readonly line: LineAtZero;
  readonly curvature?: number;
  readonly answers?: readonly number[];
}

const sensible: fc.Arbitrary<Ray> = fc
  .record({
    value: fc.integer({ min: 0, max: 16 }),
    slope: fc.integer({ min: 1, max: 16 }),
    curvature: fc.integer({ min: 1, max: 64 }),
    initial: fc.constantFrom(1, 0.125, 0.5, 8),
    above: fc.constantFrom(0, 1),
  })
  .map(({ value, slope, curvature, initial, above }) => ({
    line: { initial, value, slope: -slope / 4, reference: value + above },
    curvature: curvature / 4,
  }));

const senseless: fc.Arbitrary<Ray> = fc
  .record({
    initial: fc.constantFrom(1, 0.125, 8),
    answers: fc.array(fc.constantFrom(1, 0, -1, 1e3, 1e300, NaN, Infinity), { minLength: 1, maxLength: 4 }),
  })
  .map(({ initial, answers }) => ({ line: { initial, value: 1, slope: -1, reference: 1 }, answers }));

const any = fc.oneof(sensible, senseless);

/** What is found at a step. */
function found({ line, curvature, answers }: Ray, step: number, k: number, kind: 'value' | 'gradient'): unknown {
  const a = answers?.[k % answers.length];
  const value = a ?? line.value + line.slope * step + (curvature! * step ** 2) / 2;
  const slope = a ?? line.slope + curvature! * step;
  const change = slope - line.slope;
  return kind === 'value'
    ? value
    : { value, slope, squaredGradientNorm: slope ** 2, squaredGradientChange: change ** 2 / -line.slope };
}

interface Search<Trial> {
  readonly end: SearchEnd<Trial>;
  readonly trials: readonly (readonly [step: number, trial: Trial])[];
}

export function searchChecks<Trial>(search: LineSearch<Trial>, claims: SearchClaims<Trial>, effort: Effort): Check[] {
  const { maxTrials = 100, trial: kind = 'value', accepts, succeeds = true } = claims;
  if (!(Number.isInteger(maxTrials) && maxTrials >= 1)) throw badOption('maxTrials', maxTrials, 'a whole number >= 1');
  const promised = promiseOf(searchPromises);
  const basic = ['asks-its-probe', 'ends'];

  const drive = (ray: Ray): Search<Trial> => {
    const own = new Set<Question>();
    const trials: [number, Trial][] = [];
    const inquiry = search(function* (step) {
      const question = { name: 'probe', args: [step] };
      own.add(question);
      return (yield question) as Trial;
    }, ray.line);
    let turn = inquiry.next();
    while (!turn.done) {
      const { name, args } = turn.value;
      if (!own.has(turn.value)) throw new Foreign(`it asked '${name}'(${shown(args)}), beside its probe`);
      if (trials.length === maxTrials) throw new Endless(`it continues after ${maxTrials} trials`);
      const step = args[0] as number;
      const trial = found(ray, step, trials.length, kind) as Trial;
      trials.push([step, trial]);
      turn = inquiry.next(trial);
    }
    return { end: turn.value, trials };
  };
  const about = (
    id: string,
    presumes: readonly string[],
    test: (search: Search<Trial>, ray: Ray) => void,
    rays: fc.Arbitrary<Ray> = any,
  ): Check => checkAll(promised(id), presumes, rays, (ray) => test(drive(ray), ray), { runs: 200, ...effort });
  /** Failures that belong to another promise are reported there. */
  const only = (id: string, kind: typeof Foreign, presumes: readonly string[]): Check =>
    checkAll(
      promised(id),
      presumes,
      any,
      (ray) => {
        try {
          drive(ray);
        } catch (error) {
          if (error instanceof kind || !(error instanceof Finding)) throw error;
        }
      },
      { runs: 200, ...effort },
    );

  return [
    only('asks-its-probe', Foreign, []),
    only('ends', Endless, ['asks-its-probe']),
    about('deterministic', basic, (first, ray) => ensureSame(drive(ray), first, 'a second search')),
    about('starts-at-initial', basic, ({ trials }, { line: { initial } }) =>
      ensure(trials[0]?.[0] === initial, () => `its first trial is ${trials[0]?.[0]}, and the initial step ${initial}`),
    ),
    about('sound-steps', basic, ({ trials }) => {
      const unsound = trials.find(([step]) => !(step > 0 && step < Infinity));
      ensure(!unsound, () => `it tries the step ${unsound![0]}`);
    }),
    about('counts', basic, ({ end, trials }) => {
      const { forwards, backtracks } = end;
      ensureSame({ forwards, backtracks }, { forwards: trials.length, backtracks: trials.length - 1 }, 'its counts');
    }),
    about('found-is-tried', basic, ({ end: { step, trial, accepted }, trials }) => {
      const tried = trials.filter(([at]) => at === step);
      // A search that fails may give up every trial, and stay.
      if (!accepted) return ensure(step === 0 || tried.length > 0, () => `it ends at ${step}, which it did not try`);
      ensure(tried.some(([, answer]) => same(answer, trial)), () => `it accepts the step ${step} with the trial ${shown(trial)}, and found ${shown(tried)}`); // prettier-ignore
    }),
    about('accepted-means', [...basic, 'found-is-tried'], ({ end: { step, trial, accepted } }, { line }) => {
      if (!accepted) return;
      ensure(!holdsNaN(trial), () => `it accepts ${shown(trial)} at ${step}`);
      if (accepts)
        ensure(accepts(step, trial, line), () => `it accepts ${shown(trial)} at ${step}, which its condition does not`);
    }),
    about('why', basic, ({ end: { accepted, why } }) =>
      ensure(accepted === (why === null), () => `'accepted' is ${accepted}, and 'why' ${shown(why)}`),
    ),
    about(
      'succeeds',
      basic,
      ({ end }) => {
        if (!succeeds) throw new NotApplicable('it may fail on a quadratic');
        ensure(end.accepted, () => `it ends at ${end.step} without success, by '${end.why}'`);
      },
      sensible,
    ),
  ];
}

class Foreign extends Finding {}
class Endless extends Finding {}

const holdsNaN = (trial: unknown): boolean =>
  typeof trial === 'object' && trial !== null ? Object.values(trial).some(Number.isNaN) : Number.isNaN(trial);
