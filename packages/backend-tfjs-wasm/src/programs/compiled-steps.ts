import {
  AdadeltaOptimizer,
  AdagradOptimizer,
  AdamaxOptimizer,
  AdamOptimizer,
  engine,
  env,
  MomentumOptimizer,
  Optimizer,
  RMSPropOptimizer,
  type Scalar,
  SGDOptimizer,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import { activeHost } from '../kernels/register.ts';
import { type CompiledStep } from './compiled-step.ts';
import { isRecording } from './effects.ts';
import { currentEngine } from './engine.ts';
import { type ProgramSize } from './program.ts';
import { computeStep } from './step.ts';

/** What became of the steps of an optimizer. */
export interface StepReport {
  /** How many steps a program computed. */
  readonly compiled: number;
  /** How many steps were computed kernel by kernel. */
  readonly eager: number;
  /** The programs in memory, the one used last at the end. */
  readonly programs: readonly ProgramSize[];
  /** Why steps were computed kernel by kernel, but for those that were recorded; the last ones. */
  readonly reasons: readonly string[];
}

interface Program {
  readonly step: CompiledStep;
  readonly variables: readonly Variable[];
  /** Runs, and failures since the last one. */
  runs: number;
  failures: number;
}

/** What is known of an optimizer's steps. */
interface Steps {
  programs: Program[];
  compiled: number;
  eager: number;
  readonly reasons: Set<string>;
  /** Recordings since a program last computed a step: where every step is another one, recording them is in vain. */
  inVain: number;
  /** Steps until the next recording. */
  pause: number;
}

/** Programs that an optimizer keeps, for batches of other sizes and the like; and optimizers that keep any. */
const [mostPrograms, mostOptimizers] = [8, 16];
/** A program that could not run so often in a row is dropped. */
const mostFailures = 3;
/** Reasons that are kept. */
const mostReasons = 10;

/** The optimizers of which the updates are known to depend on nothing but their settings. */
const classes = [
  ...[SGDOptimizer, MomentumOptimizer, AdamOptimizer, AdamaxOptimizer],
  ...[AdadeltaOptimizer, AdagradOptimizer, RMSPropOptimizer],
] as readonly { readonly prototype: Optimizer }[];
const prototypes = new Set<object>(classes.map(({ prototype }) => prototype));

const stepsOf = new WeakMap<Optimizer, Steps>();
const recent = new Set<Steps>();
let enabled = true;

/** Whether steps of tfjs's optimizers become programs. Those that are there are dropped where not. */
export function compileSteps(on: boolean): void {
  enabled = on;
  if (!on) for (const steps of [...recent]) forget(steps);
}

export const compilesSteps = (): boolean => enabled;

/** What became of the steps of one of tfjs's optimizers, in `minimize` and `model.fit`. */
export function stepReport(optimizer: Optimizer): StepReport {
  const { compiled = 0, eager = 0, programs = [], reasons = [] } = stepsOf.get(optimizer) ?? {};
  return { compiled, eager, programs: programs.map(({ step }) => step.replay.size), reasons: [...reasons] };
}

/** Has the optimizers of tfjs compute their steps by programs. */
export function registerCompiledSteps(): void {
  const { minimize } = Optimizer.prototype;
  Optimizer.prototype.minimize = function (this: Optimizer, loss, returnCost = false, variables) {
    const plain = (f: () => Tensor): Scalar | null => minimize.call(this, f as () => Scalar, true, variables);
    if (!isPossible(this)) return minimize.call(this, loss, returnCost, variables);
    const cost = compute(this, plain, loss, variables) as Scalar | null;
    if (returnCost) return cost;
    cost?.dispose();
    return null;
  };
  for (const { prototype } of classes) {
    const { dispose } = prototype;
    prototype.dispose = function (this: Optimizer) {
      const steps = stepsOf.get(this);
      if (steps) forget(steps);
      dispose.call(this);
    };
  }
}

/** Whether a step may be computed by a program: nobody else watches the kernels. */
function isPossible(optimizer: Optimizer): boolean {
  if (!enabled || !prototypes.has(Object.getPrototypeOf(optimizer) as object)) return false;
  const { state, runKernel } = currentEngine();
  const watched = runKernel !== (Object.getPrototypeOf(currentEngine()) as { runKernel: unknown }).runKernel;
  if (watched || isRecording() || state.gradientDepth > 0 || state.kernelDepth > 0 || state.profiling) return false;
  return !env().getBool('DEBUG') && activeHost() !== undefined;
}

function compute(
  optimizer: Optimizer,
  minimize: (loss: () => Tensor) => Tensor | null,
  loss: () => Tensor,
  variables: readonly Variable[] | undefined,
): Tensor | null {
  const host = activeHost()!;
  let steps = stepsOf.get(optimizer);
  if (!steps) {
    // The first step creates what optimizers keep.
    steps = { programs: [], compiled: 0, eager: 0, reasons: new Set(), inVain: 0, pause: 1 };
    stepsOf.set(optimizer, steps);
  }
  for (const program of steps.programs)
    if (program.step.host !== host || program.variables.some(({ isDisposed }) => isDisposed)) drop(steps, program);
  const trainable = (variables ?? Object.values(engine().registeredVariables)).filter(({ trainable }) => trainable);
  const fitting = steps.programs
    .filter(
      (program) =>
        program.variables.length === trainable.length && program.variables.every((v, i) => v === trainable[i]),
    )
    .reverse();
  const learn = steps.pause === 0;
  if (steps.pause > 0) steps.pause--;
  const outcome = computeStep({ host, candidates: fitting.map(({ step }) => step), learn, minimize, loss });
  const used = fitting.find(({ step }) => step === outcome.used);
  if (used) {
    steps.compiled++;
    steps.inVain = 0;
    used.failures = 0;
    if (used.runs++ === 0 || steps.programs.at(-1) !== used) {
      steps.programs = [...steps.programs.filter((program) => program !== used), used];
      keepRecent(steps);
    }
    return outcome.cost;
  }
  steps.eager++;
  if (outcome.reason !== undefined) note(steps, outcome.reason);
  const failed = outcome.failed && fitting.find(({ step }) => step === outcome.failed);
  if (failed && ++failed.failures >= mostFailures) drop(steps, failed);
  if (outcome.learned) {
    steps.programs.push({ step: outcome.learned, variables: trainable, runs: 0, failures: 0 });
    if (steps.programs.length > mostPrograms) drop(steps, steps.programs[0]!);
    keepRecent(steps);
  }
  // Recording costs about a step: where it is in vain, it is tried ever more rarely.
  if (learn && ++steps.inVain > (outcome.learned ? 4 : 1)) steps.pause = Math.min(2 ** steps.inVain, 1024);
  return outcome.cost;
}

function note(steps: Steps, reason: string): void {
  steps.reasons.delete(reason);
  steps.reasons.add(reason);
  if (steps.reasons.size > mostReasons) steps.reasons.delete(steps.reasons.values().next().value!);
}

function drop(steps: Steps, program: Program): void {
  steps.programs = steps.programs.filter((other) => other !== program);
  program.step.replay.dispose();
}

function forget(steps: Steps): void {
  for (const program of steps.programs) drop(steps, program);
  recent.delete(steps);
}

function keepRecent(steps: Steps): void {
  recent.delete(steps);
  recent.add(steps);
  if (recent.size > mostOptimizers) forget(recent.values().next().value!);
}
