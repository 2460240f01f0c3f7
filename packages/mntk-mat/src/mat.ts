import {
  badOption,
  isOverparamError,
  others,
  OverparamError,
  withDefaults,
  type Asking,
  type Counts,
  type Inquiry,
  type LinearizeRequest,
  type Method,
  type ModularOracle,
  type Work,
  type WorkOracle,
} from '@overparam/core';
import { grouping, type Groups } from './groups.ts';
import type { SpectraQuestions } from './module-kernels.ts';
import type { Movement } from './movement.ts';
import { restricted } from './restricted.ts';
import { scoreRule, type Score } from './score.ts';
import { select, type Decision, type ModuleHistory } from './selection.ts';
import { checkKnown, resolveSpectraOptions, spectraOfModules, type Spectra, type SpectraOptions } from './spectra.ts';
import { thresholdRule, type Threshold } from './threshold.ts';
import { workBetween } from './work-between.ts';

export interface MatOptions {
  /** Steps between selections, 100 when absent; with `n_batches_per_epoch` epochs, 1 when absent. */
  readonly every?: number;
  /** N / batch size, not rounded; null: `every` counts steps. */
  readonly n_batches_per_epoch?: number | null;
  /** The step of the first selection; all modules are trained before. */
  readonly begin?: number;
  /** The modules that may rest; null for all but `others`, or for those that `groups` names. The rest is always trained. */
  readonly modules?: readonly string[] | null;
  /** Within what modules are compared; null for one group of all. */
  readonly groups?: Groups | null;
  readonly score?: Score;
  readonly threshold?: Threshold;
  /** Of the threshold, from 0 to 1. */
  readonly alpha?: number;
  /** A module that rests enters at (1 + hysteresis) times the threshold. */
  readonly hysteresis?: number;
  readonly movement?: Movement;
  /** A module whose movement is below beta is still; 0 switches the temporal rule off. */
  readonly beta?: number;
  /** A module that is still at this many selections in a row retires. */
  readonly patience?: number;
  /** It returns when its lambda_max is above (1 + revival) times its value at retirement, and its score that much above the threshold. */
  readonly revival?: number;
  /** How many modules are trained at least. */
  readonly minActive?: number;
  /** A module is trained again after this many selections that left it out. */
  readonly longestRest?: number;
  /**
   * How gradients get past a module that rests. `through`, exactly. `around`, by the connections that skip it alone: it
   * then costs its forward part and nothing else, and the gradient of the others is biased. Of use in residual networks.
   */
  readonly gradients?: 'through' | 'around';
  /** How spectra are made; the contraction is 'loss' when absent. */
  readonly spectra?: Omit<SpectraOptions, 'modules'>;
  /** A clock in ms, `() => performance.now()`: reports then tell how long the selection and the inner method took. */
  readonly clock?: (() => number) | null;
}

/** What MAT asks of an oracle beside the inner method's questions. */
export type MatQuestions = Pick<ModularOracle, 'modules' | 'moduleKernels'> & SpectraQuestions & Partial<WorkOracle>;

export interface MatState<Inner> {
  readonly inner: Inner;
  /** Steps done. */
  readonly step: number;
  /** Selections made. */
  readonly selections: number;
  /** A selection that was put off, or that the inner method's stop calls for, is made at the next step. */
  readonly due: boolean;
  /** All of the oracle's modules; null before the first selection. */
  readonly modules: readonly string[] | null;
  /** Of the modules that may rest. */
  readonly history: readonly ModuleHistory[];
}

export interface Selection {
  readonly spectra: Spectra;
  /** lambda_alpha of each group in which a module has influence. */
  readonly thresholds: Readonly<Record<string, number>>;
  readonly decisions: readonly Decision[];
  /** How many parameters are trained until the next selection, of how many; null where the oracle does not say. */
  readonly parameters: { readonly trained: number; readonly all: number } | null;
}

export interface MatReport<Inner> {
  readonly inner: Inner;
  /** The modules that the step trained; null for all. */
  readonly trained: readonly string[] | null;
  /** The selection of this step; null where none was made. */
  readonly selection: Selection | null;
  /** Why a selection was put off to the next step: the code of an error. */
  readonly putOff: 'NOT_FINITE' | 'TOO_FEW_SAMPLES' | null;
  /** How often which question was asked. */
  readonly questions: { readonly selection: Counts; readonly inner: Counts };
  /** What they took, in ms of the `clock`; null without one. */
  readonly milliseconds: { readonly selection: number; readonly inner: number } | null;
  /**
   * What they took, in FLOPs by kind; null where the oracle does not say. The forward pass of a step that begins with a
   * selection counts as the selection's, and the inner method uses it.
   */
  readonly work: { readonly selection: Work; readonly inner: Work } | null;
}

const defaults: Required<MatOptions> = {
  every: 100,
  n_batches_per_epoch: null,
  begin: 0,
  modules: null,
  groups: null,
  score: 'lambda_max',
  threshold: 'ratio',
  alpha: 0.1,
  hysteresis: 0,
  movement: 'change',
  beta: 1e-3,
  patience: 3,
  revival: 0.1,
  minActive: 1,
  longestRest: Infinity,
  gradients: 'through',
  spectra: {},
  clock: null,
};

/** Once an epoch, where epochs are counted. */
const defaultsFor = (given: MatOptions): Required<MatOptions> =>
  (given?.n_batches_per_epoch ?? null) === null ? defaults : { ...defaults, every: 1 };

const needed = ['modules', 'moduleKernels'] as const;
const wanted = ['dimensions', 'kernelProduct', 'lossGradient'] as const;
const counted = ['work'] as const;

/**
 * Modular adaptive training: the inner method, made to train only the modules whose tangent kernels recommend it.
 * Shi et al., "Train Faster, Perform Better: Modular Adaptive Training in Over-Parameterized Models", NeurIPS 2023,
 * arXiv 2405.07527.
 *
 * Every `every` steps the spectra of all modules are taken, and the active ones selected. In between the inner method
 * asks an oracle whose `linearize` (`pullback`, `kernel`, ...) names these modules; of the others nothing is computed,
 * and their parameters stay as they are to the bit.
 *
 * @throws OverparamError `UNKNOWN_OPTION`, `BAD_OPTION`, `GROUPS_OVERLAP`; from a step `UNKNOWN_MODULE`,
 *   `NO_MODULES`, `MODULES_CHANGED`, and those of `spectra`
 */
export function mat<State, Report, Needs extends object>(
  inner: Method<State, Report, Needs>,
  given: MatOptions = {},
): Method<MatState<State>, MatReport<Report>, Needs & MatQuestions> {
  if (typeof inner?.step !== 'function') throw badOption('The inner method', inner, 'a method');
  const name = `mat(${inner.name})`;
  const options = withDefaults(name, defaultsFor(given), given);
  checkNumbers(options);
  if (options.movement !== 'change' && options.movement !== 'drift')
    throw badOption('movement', options.movement, "'change' or 'drift'");
  if (options.gradients !== 'through' && options.gradients !== 'around')
    throw badOption('gradients', options.gradients, "'through' or 'around'");
  const { begin, n_batches_per_epoch, clock } = options;
  if (clock !== null && typeof clock !== 'function')
    throw badOption('clock', clock, 'a function that tells the time in ms');
  const period = Math.max(1, Math.round(options.every * (n_batches_per_epoch ?? 1)));
  const { groupOf, candidates } = grouping(options.groups, options.modules);
  const rules = {
    ...options,
    groupOf,
    score: scoreRule(options.score),
    threshold: thresholdRule(options.threshold, options.alpha),
    everything: options.threshold === 'ratio' && options.alpha === 0,
  };
  const looks = options.spectra;
  if (typeof looks !== 'object' || looks === null) throw badOption('spectra', looks, 'options of spectra');
  if ('modules' in looks) throw badOption('spectra.modules', 'given', "nothing: it is MAT's own 'modules'");
  const how = resolveSpectraOptions(`spectra of ${name}`, {
    contraction: 'loss',
    quantities: ['trace', 'descent', 'effective_rank', 'condition_number'],
    ...looks,
  });
  if (options.score === 'descent' && !(how.contraction === 'loss' && how.quantities.includes('descent')))
    throw badOption('score', 'descent', "spectra of the contraction 'loss' with the quantity 'descent'");

  function* selected(
    state: MatState<State>,
    oracle: Asking<MatQuestions>,
  ): Inquiry<{ modules: readonly string[]; history: readonly ModuleHistory[]; selection: Selection }> {
    const modules = yield* oracle.modules();
    checkSame(state.modules, modules);
    const mayRest = candidates ?? modules.filter((module) => module !== others);
    checkKnown(options.modules ? 'modules' : 'groups', mayRest, modules);
    if (mayRest.length === 0)
      throw new OverparamError(
        'NO_MODULES',
        `'${name}' has nothing to choose: name modules of the model in its backend.`,
      );
    const found = yield* spectraOfModules(oracle, mayRest, { ...how, seed: how.seed + state.selections });
    const { history, ...decided } = select(found.modules, state.history, state.selections, rules);
    const count = function* (request: LinearizeRequest): Inquiry<number> {
      return (yield* oracle.dimensions!(request)).parameters;
    };
    const parameters = oracle.dimensions && {
      trained: yield* count({ modules: trainedOf(modules, history) ?? modules }),
      all: yield* count({ modules }),
    };
    return { modules, history, selection: { spectra: found, ...decided, parameters: parameters ?? null } };
  }

  return {
    name,
    ...(plain(given) && { options: { ...given, inner: { name: inner.name, options: inner.options ?? {} } } }),
    needs: [...new Set([...needed, ...inner.needs])],
    wants: [...new Set([...wanted, ...counted, ...(inner.wants ?? [])])],
    init: () => ({ inner: inner.init(), step: 0, selections: 0, due: false, modules: null, history: [] }),
    *step(state, oracle) {
      const began = clock?.() ?? 0;
      const questions = { selection: {} as Counts, inner: {} as Counts };
      const { work } = oracle as unknown as Asking<Partial<WorkOracle>>;
      const atFirst = work ? yield* work() : null;
      const looking = restricted<MatQuestions>(
        oracle as unknown as Asking<MatQuestions>,
        [...needed, ...wanted],
        null,
        questions.selection,
      );
      let { modules, history, selections } = state;
      let selection: Selection | null = null;
      let putOff: MatReport<Report>['putOff'] = null;
      const scheduled = state.step >= begin && (state.step - begin) % period === 0;
      if (scheduled || state.due) {
        try {
          ({ modules, history, selection } = yield* selected(state, looking));
          selections++;
        } catch (error) {
          if (isOverparamError(error, 'NOT_FINITE')) putOff = 'NOT_FINITE';
          else if (isOverparamError(error, 'TOO_FEW_SAMPLES')) putOff = 'TOO_FEW_SAMPLES';
          else throw error;
        }
      }

      const trained = modules && trainedOf(modules, history);
      const chosen = work ? yield* work() : null;
      let last: Work | null = null;
      const count = function* (): Inquiry<void> {
        if (work) last ??= yield* work();
      };
      const asked = restricted<Needs>(
        oracle as unknown as Asking<Needs>,
        [...inner.needs, ...(inner.wants ?? [])],
        trained,
        questions.inner,
        { around: options.gradients === 'around', beforeMove: count },
      );
      const chose = clock?.() ?? 0;
      const { state: next, report, stopped } = yield* inner.step(state.inner, asked);
      yield* count();
      const milliseconds = clock && { selection: chose - began, inner: clock() - chose };
      // Where others rest, the inner method's end may be theirs alone: a fresh selection decides.
      const ends = stopped !== undefined && (trained === null || selection !== null);
      return {
        state: {
          inner: next,
          step: state.step + 1,
          selections,
          due: putOff !== null || (stopped !== undefined && !ends),
          modules,
          history,
        },
        report: {
          inner: report,
          trained,
          selection,
          putOff,
          questions,
          milliseconds,
          work: atFirst &&
            chosen &&
            last && { selection: workBetween(atFirst, chosen), inner: workBetween(chosen, last) },
        },
        ...(ends && { stopped }),
      };
    },
    ...(inner.endIn && {
      endIn: (state, left, why) => ({ ...state, inner: inner.endIn!(state.inner, left, why) }),
    }),
  };
}

/** All modules but those that rest; null where none does. */
function trainedOf(modules: readonly string[], history: readonly ModuleHistory[]): readonly string[] | null {
  const resting = history.filter(({ active }) => !active).map(({ module }) => module);
  return resting.length === 0 ? null : modules.filter((module) => !resting.includes(module));
}

function checkNumbers(options: Required<MatOptions>): void {
  const check = (name: keyof MatOptions, good: (value: number) => boolean, takes: string): void => {
    const value = options[name];
    if (typeof value !== 'number' || !good(value)) throw badOption(name, value, takes);
  };
  const epochs = options.n_batches_per_epoch !== null;
  if (epochs) check('n_batches_per_epoch', (x) => x > 0 && x < Infinity, 'a number > 0');
  if (epochs) check('every', (x) => x > 0 && x < Infinity, 'a number of epochs > 0');
  else check('every', (x) => Number.isInteger(x) && x >= 1, 'a whole number of steps >= 1');
  check('begin', (x) => Number.isInteger(x) && x >= 0, 'a whole number >= 0');
  check('hysteresis', (x) => x >= 0 && x < Infinity, 'a number >= 0');
  check('beta', (x) => x >= 0 && x < Infinity, 'a number >= 0');
  check('patience', (x) => Number.isInteger(x) && x >= 1, 'a whole number >= 1');
  check('revival', (x) => x >= 0, 'a number >= 0, or Infinity');
  check('minActive', (x) => Number.isInteger(x) && x >= 0, 'a whole number >= 0');
  check('longestRest', (x) => x === Infinity || (Number.isInteger(x) && x >= 1), 'a whole number >= 1, or Infinity');
}

function checkSame(before: readonly string[] | null, now: readonly string[]): void {
  if (before === null) return;
  const added = now.filter((name) => !before.includes(name));
  const gone = before.filter((name) => !now.includes(name));
  if (added.length + gone.length === 0) return;
  throw new OverparamError(
    'MODULES_CHANGED',
    `The oracle's modules have changed since the last selection (new: ${added.join(', ') || 'none'}; gone: ${gone.join(', ') || 'none'}): start MAT anew, with init().`,
  );
}

/** Whether these options survive JSON; without its rules a method cannot be made again. */
const plain = (options: MatOptions): boolean => !Object.values(options).some((value) => typeof value === 'function');
