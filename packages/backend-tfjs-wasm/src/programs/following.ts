import { type NamedAttrMap, Tensor, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from '../kernels/host.ts';
import { type Asked, fits, inputsNow } from './asked.ts';
import { type CompiledStep, followStep } from './compiled-step.ts';
import { type Follower, type Inputs, type KernelEvent, type Place } from './course.ts';
import { type DataBackend, type Engine, type Gradients, isKept, type TapeNode } from './engine.ts';
import { dataOf, empty, materialize, placeholder } from './placeholders.ts';

/** A step that asks for what a recorded one asked for, so far: nothing is computed. */
export interface Following {
  readonly follower: Follower;
  readonly step: CompiledStep;
  /** What was asked for, in order. */
  readonly asked: Asked[];
  /** The operations with gradients of their own, by their number. */
  readonly customs: (TapeNode | undefined)[];
  /** Whether gradients are compared. */
  readonly goingBack: boolean;
  /** Results without values, where the step goes on as a recorded one. */
  kernel(name: string, inputs: Record<string, Tensor>, attrs?: NamedAttrMap): Tensor | Tensor[] | undefined;
  /** Keeps data that the step has used until it ends; whether it did. */
  hold(dataId: object, force?: boolean): 'held' | 'used' | 'unknown';
  /** Frees what nobody holds any more. */
  release(): void;
  /** What is disposed of already, and needed until the step ends. */
  readonly ended: readonly object[];
  /**
   * Runs the program when the loss function has returned, and gives the results their values. False where the function did
   * something else, or the program could not run: then nothing has changed.
   *
   * @param beforeCommit called when all is computed, before variables change
   */
  complete(loss: unknown, beforeCommit: () => void): boolean;
  /** The program that could not run. */
  readonly failed: CompiledStep | undefined;
}

/** Thrown out of a gradient that asks for something else than recorded. */
export const differs: unique symbol = Symbol('another gradient');

export function startFollowing(host: KernelHost, engine: Engine, candidates: readonly CompiledStep[]): Following {
  const { state } = engine;
  const backend = host.backend as unknown as DataBackend;
  let step = candidates[0]!;
  let follower = followStep(step);
  let failed: CompiledStep | undefined;
  let goingBack = false;
  const asked: Asked[] = [];
  const customs: (TapeNode | undefined)[] = [];
  const ended: object[] = [];

  /** A tensor that stands for data of the course. */
  const stand = ({ data, shape, dtype }: Place, known: object | undefined): Tensor => {
    const dataId = known ?? placeholder(host, shape, dtype);
    if (known) host.backend.incRef(known);
    else follower.bind(data, dataId);
    return engine.makeTensorFromTensorInfo({ dataId: dataId as never, shape: [...shape], dtype });
  };
  /** Another program that fits what was asked so far, and this kernel too. */
  const another = (name: string, inputs: Inputs, attrs: object | undefined): KernelEvent | undefined => {
    for (const candidate of candidates) {
      if (candidate === step) continue;
      const next = followStep(candidate);
      if (!asked.every((item) => fits(next, item))) continue;
      const event = next.kernel(name, inputs, attrs);
      if (!event) continue;
      [step, follower] = [candidate, next];
      return event;
    }
    return undefined;
  };

  /** Calls the gradients that are not tfjs's own, as it would on the way back, and compares what they ask for. */
  const goBack = (): boolean => {
    const { gradientDepth } = state;
    goingBack = true;
    state.gradientDepth = 0;
    try {
      return engine.tidy('backward', sameGradients);
    } catch (error) {
      if (error === differs) return false;
      throw error;
    } finally {
      goingBack = false;
      state.gradientDepth = gradientDepth;
    }
  };
  const sameGradients = (): boolean => {
    const gradients: Gradients[] = [];
    for (let event = follower.next(); event; event = follower.next()) {
      follower.advance();
      if (event.kind === 'back') {
        const dy = stand(event.dy, follower.data(event.dy.data));
        const node = customs[event.custom];
        if (!node?.gradient) return false;
        gradients[event.custom] = node.gradient([dy]);
      } else if (event.kind === 'gradient') {
        const result = gradients[event.custom]?.[event.input]?.();
        if (!result || follower.numberOf(result.dataId) !== event.data) return false;
      } else return false;
    }
    return true;
  };

  /** Gives results their values; where that fails they stay without. */
  const fill = (dataIds: readonly object[]): void => {
    try {
      for (const dataId of dataIds) {
        const { shape, dtype } = dataOf(host, dataId);
        const size = util.sizeFromShape(shape);
        materialize(host, dataId, size, size * util.bytesPerElement(dtype));
        const block = step.outcome.get(follower.numberOf(dataId)!);
        if (block) step.replay.copy(block, dataId);
      }
    } catch (error) {
      for (const dataId of dataIds) empty(host, dataId);
      throw error;
    }
  };

  return {
    get follower() {
      return follower;
    },
    get step() {
      return step;
    },
    get failed() {
      return failed;
    },
    get goingBack() {
      return goingBack;
    },
    asked,
    customs,
    ended,
    kernel(name, inputs, attrs) {
      // A gradient within the loss needs tfjs's tape.
      if (state.gradientDepth !== (goingBack ? 0 : 1)) return undefined;
      const infos = inputsNow(inputs);
      const event = follower.kernel(name, infos, attrs) ?? (goingBack ? undefined : another(name, infos, attrs));
      if (!event) return undefined;
      const outputs = event.outputs.map((place) => stand(place, place.fresh ? undefined : follower.data(place.data)));
      if (!goingBack)
        asked.push({
          ...{ kind: 'kernel', event, name, inputs: infos, attrs, outputs, taped: state.kernelDepth === 0 },
          infos: outputs.map(({ dataId, shape, dtype }) => ({ dataId, shape, dtype })),
        });
      return event.several ? outputs : outputs[0]!;
    },
    hold(dataId, force = false) {
      if (follower.numberOf(dataId) === undefined) return 'unknown';
      const data = dataOf(host, dataId);
      if (--data.refCount > 0 && !force) return 'used';
      ended.push(dataId);
      return 'held';
    },
    release() {
      for (const dataId of ended.splice(0)) {
        if (!host.backend.dataIdMap.has(dataId)) continue;
        const data = dataOf(host, dataId);
        if (data.refCount > 0) continue;
        if (data.memoryOffset === 0) host.backend.dataIdMap.delete(dataId as never);
        else {
          data.refCount = 1;
          backend.disposeData(dataId);
        }
        engine.removeDataId(dataId, host.backend);
      }
    },
    complete(loss, beforeCommit) {
      const event = follower.next();
      if (!(loss instanceof Tensor) || event?.kind !== 'loss' || follower.numberOf(loss.dataId) !== event.data)
        return false;
      follower.advance();
      const outliving = new Set<object>([loss.dataId]);
      for (const item of asked)
        if (item.kind === 'kernel')
          for (const tensor of item.outputs) if (!tensor.isDisposed && isKept(tensor)) outliving.add(tensor.dataId);
      const missing = [...outliving].filter((dataId) => dataOf(host, dataId).memoryOffset === 0);
      if (!missing.every((dataId) => step.course.outcome.has(follower.numberOf(dataId)!))) return false;
      if (!goBack()) return false;
      failed = step;
      if (!step.replay.run(follower)) return false;
      fill(missing);
      beforeCommit();
      step.replay.commit();
      return true;
    },
  };
}
