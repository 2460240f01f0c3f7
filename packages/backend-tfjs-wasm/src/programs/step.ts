import { type Tensor, Variable } from '@tensorflow/tfjs-core';
import { type KernelHost } from '../kernels/host.ts';
import { computeAsked } from './asked.ts';
import { type CompiledStep } from './compiled-step.ts';
import { currentEngine, type DataBackend, type Engine, isKept, setKept } from './engine.ts';
import { differs, startFollowing } from './following.ts';
import { dataOf } from './placeholders.ts';
import { replace } from './recorder.ts';
import { startWriting, type Writing } from './writing.ts';

export interface StepOptions {
  readonly host: KernelHost;
  /** Programs that may fit. */
  readonly candidates: readonly CompiledStep[];
  /** Whether to make a program of a step that none fits. */
  readonly learn: boolean;
  /** Computes the step with a loss function in the place of the user's. */
  readonly minimize: (loss: () => Tensor) => Tensor | null;
  readonly loss: () => Tensor;
}

/** What became of a step. */
export interface StepOutcome {
  readonly cost: Tensor | null;
  /** The program that computed it; undefined where it was computed kernel by kernel. */
  readonly used?: CompiledStep | undefined;
  /** A new program for steps like this one. */
  readonly learned?: CompiledStep | undefined;
  /** A program that fitted, and could not run. */
  readonly failed?: CompiledStep | undefined;
  /** Why it was computed kernel by kernel. */
  readonly reason?: string | undefined;
}

/** Thrown out of tfjs's `minimize` when a program has computed the step. */
const done: unique symbol = Symbol('the step is computed');

/**
 * Computes a training step. The loss function is called once. As long as it asks for the kernels of a recorded step, they are
 * not computed; when it returns, the program of that step computes everything. At the first difference the kernels that were
 * left out are computed in their order, tfjs's tape is filled as it would have been, and the step goes on as usual.
 */
export function computeStep({ host, candidates, learn, minimize, loss }: StepOptions): StepOutcome {
  const engine = currentEngine();
  const backend = host.backend as unknown as DataBackend;
  const { state } = engine;
  const plainKernel = engine.runKernel.bind(engine);
  let following = candidates.length > 0 ? startFollowing(host, engine, candidates) : undefined;
  const followed = following;
  let writing: Writing | undefined;
  let reason: string | undefined;
  let cost: { readonly tensor: Tensor; readonly kept: boolean } | undefined;
  let customs = 0;

  // What tfjs runs within an operation, as copies for its tape, is no part of the course.
  let parts = 0;
  const asPart = {
    isOn: () => parts > 0,
    run<T>(run: () => T): T {
      parts++;
      try {
        return run();
      } finally {
        parts--;
      }
    },
  };

  let hooks: (() => void)[] = [];
  const unhook = (): void => {
    for (const restore of hooks.reverse()) restore();
    hooks = [];
  };
  const write = (): void => void (writing = startWriting(host, engine, plainKernel, asPart));
  const hookWriting = (): void => {
    hooks = [replace(engine, 'runKernel', () => writing!.runKernel), replace(engine, 'runKernelFunc', custom)];
  };

  /** Computes what was left out, and goes on as usual. */
  const fall = (why: string): void => {
    const { asked, ended, release } = following!;
    following = undefined;
    reason = why;
    unhook();
    if (learn) write();
    const pending = state.activeTape?.splice(0) ?? [];
    const { gradientDepth, kernelDepth } = state;
    for (const dataId of ended) dataOf(host, dataId).refCount++;
    try {
      for (const item of asked) computeAsked(host, engine, item, writing);
    } finally {
      Object.assign(state, { gradientDepth, kernelDepth });
      state.activeTape?.push(...pending);
      for (const dataId of ended) dataOf(host, dataId).refCount--;
      release();
      if (writing) hookWriting();
    }
  };

  const followKernel: Engine['runKernel'] = (name, inputs, attrs) => {
    if (parts > 0) return plainKernel(name, inputs, attrs);
    const result = following!.kernel(name, inputs, attrs);
    if (result) return result;
    if (following!.goingBack) throw differs;
    fall(`it asks for ${name} where no recorded step does`);
    return engine.runKernel(name, inputs, attrs);
  };

  /** Operations with a gradient of their own run as always; what they ask for is followed, or written down. */
  const custom: (original: Engine['runKernelFunc']) => Engine['runKernelFunc'] = (original) => (operation) => {
    if (operation.kernelName !== undefined || parts > 0) return original.call(engine, operation);
    const number = customs++;
    const at = (kind: 'begin' | 'end'): boolean => {
      if (following?.follower.next()?.kind !== kind) return false;
      following.follower.advance();
      return true;
    };
    if (following?.goingBack) throw differs;
    if (following) {
      if (at('begin')) following.asked.push({ kind: 'begin' });
      else fall('it uses a gradient of its own where no recorded step does');
    }
    // What was left out before has been written down already.
    if (!following) writing?.writer.put({ kind: 'begin' });
    const before = state.activeTape?.length ?? 0;
    const result = original.call(engine, {
      ...operation,
      forwardFunc: (of, save) => operation.forwardFunc(of, (tensors) => asPart.run(() => save(tensors))),
      backwardsFunc: (dy, saved) => writing?.back(number, operation, dy, saved) ?? operation.backwardsFunc(dy, saved),
    });
    if (following) {
      if (at('end')) {
        const nodes = state.activeTape?.splice(before) ?? [];
        following.customs[number] = nodes[nodes.length - 1];
        following.asked.push({ kind: 'end', nodes });
      } else fall('a gradient of its own ends elsewhere');
    }
    if (!following) writing?.writer.put({ kind: 'end' });
    return result;
  };

  const hookFollowing = (): void => {
    hooks = [
      replace(engine, 'runKernel', () => followKernel),
      replace(engine, 'runKernelFunc', custom),
      replace(engine, 'incRef', (incRef) => (tensor, of) => {
        incRef.call(engine, tensor, of);
        if (!(tensor instanceof Variable)) return;
        const { follower, asked } = following!;
        const event = follower.next();
        const same = event?.kind === 'assign' && event.variable === tensor;
        asked.push({ kind: 'assign', variable: tensor, dataId: tensor.dataId });
        if (same && follower.numberOf(tensor.dataId) === event.data) follower.advance();
        else fall('it assigns to another variable');
      }),
      replace(backend, 'disposeData', (disposeData) => (dataId, force) => {
        const held = following!.hold(dataId, force);
        return held === 'unknown' ? disposeData.call(backend, dataId, force) : held === 'held';
      }),
      replace(backend, 'readSync', (readSync) => (dataId, ...range) => {
        if (following!.follower.numberOf(dataId) !== undefined && dataOf(host, dataId).memoryOffset === 0)
          fall('it reads values of tensors (dataSync, data, print) while it runs');
        return readSync.call(backend, dataId, ...range);
      }),
    ];
  };

  /** Whether a program computes the step. */
  const complete = (result: Tensor): boolean => {
    try {
      // What variables are assigned to from then on is the program's doing.
      if (following!.complete(result, unhook)) return true;
      fall('it does something else than any recorded step');
    } catch (error) {
      fall((error as Error).message);
    }
    return false;
  };

  const computeLoss = (): Tensor => {
    if (following) hookFollowing();
    else if (learn) {
      write();
      hookWriting();
    }
    try {
      const result = loss();
      if (following && complete(result)) {
        cost = { tensor: result, kept: isKept(result) };
        // It outlives the scope that ends now.
        setKept(result, true);
        throw done;
      }
      writing?.returned(result);
      return result;
    } catch (error) {
      // What the function keeps has its values, as always.
      if (error !== done && following) fall('the loss function throws');
      throw error;
    } finally {
      unhook();
      if (cost) following!.release();
    }
  };

  let returned: Tensor | null;
  try {
    returned = minimize(computeLoss);
  } catch (error) {
    writing?.abandon();
    if (error !== done) throw error;
    for (const item of followed!.asked)
      if (item.kind === 'end') for (const { saved } of item.nodes) saved.forEach((tensor) => tensor.dispose());
    state.activeTape = null;
    const { tensor, kept } = cost!;
    setKept(tensor, kept);
    if (!kept) engine.track(tensor);
    return { cost: tensor, used: followed!.step };
  }
  const failed = followed?.failed;
  const learned = writing?.finish();
  if (typeof learned === 'string') return { cost: returned, reason: learned, failed };
  return { cost: returned, learned, reason, failed };
}
