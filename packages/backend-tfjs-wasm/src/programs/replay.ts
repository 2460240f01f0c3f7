import { engine, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { type KernelHost, memoryOf } from '../kernels/host.ts';
import { type Block } from './memory.ts';
import { createNextValues } from './next-values.ts';
import { createProgram, type ProgramSize } from './program.ts';
import { isForeign, type Recording } from './recording.ts';

/** A recording as a program, with the variables that it reads and assigns to. */
export interface Replay<Given> {
  readonly size: ProgramSize;
  /**
   * Computes the results; false where the program does not apply any more, or a kernel refused its input. No variable has changed
   * yet.
   */
  run(given: Given): boolean;
  /** Copies the values of a result to a tensor of the same size. */
  copy(result: Block, dataId: object): void;
  /** Gives the variables the values that the last run computed, and does what JavaScript does in each run. */
  commit(): void;
  dispose(): void;
}

export interface ReplayParts<Given> {
  readonly results: readonly Block[];
  /** The variables before the recording. */
  readonly variables: VariablesByData;
  /** For data that are given anew to each run, how to find them. */
  readonly locate: (block: Block) => ((given: Given) => object) | undefined;
  /** Whether data that kernels took as constants are compared before a run. */
  readonly guarded?: boolean;
}

/** Variables by the data that they hold; several may share some. */
export type VariablesByData = ReadonlyMap<object, readonly Variable[]>;

export function variablesByData(): VariablesByData {
  const result = new Map<object, Variable[]>();
  for (const variable of Object.values(engine().registeredVariables))
    result.set(variable.dataId, [...(result.get(variable.dataId) ?? []), variable]);
  return result;
}

/** Makes a program of a recording, or says why that is not possible. */
export function createReplay<Given>(
  host: KernelHost,
  recording: Recording,
  { results, variables, locate, guarded = false }: ReplayParts<Given>,
): Replay<Given> | string {
  const { backend } = host;
  const memory = memoryOf(backend);
  const offsetOf = (dataId: object): number => (backend.dataIdMap.get(dataId) as { memoryOffset: number }).memoryOffset;
  const held: Tensor[] = [];
  const release = (): void => held.splice(0).forEach((tensor) => tensor.dispose());

  // Where each block lies that is there before a run; undefined when a variable is gone.
  const bindings = new Map<Block, (given: Given) => number | undefined>();
  for (const block of new Set([...results, ...blocksOf(recording)])) {
    const [dataId, find] = [block.dataId, locate(block)];
    const owners = dataId && variables.get(dataId);
    if (find) bindings.set(block, (given) => offsetOf(find(given)));
    else if (block.origin !== 'given') continue;
    else if (owners) bindings.set(block, () => addressOf(owners, offsetOf));
    else if (backend.dataIdMap.has(dataId!)) {
      held.push(hold(host, dataId!));
      bindings.set(block, () => offsetOf(dataId!));
    } else {
      release();
      return 'it disposes of a tensor from outside';
    }
  }
  for (const block of recording.constants.keys())
    if (bindings.has(block) && !guarded) {
      release();
      return 'a kernel reads the values of a tensor that may change';
    }

  const assigned = [...recording.assigned];
  const next = createNextValues(host, recording.assigned);
  let program;
  try {
    program = createProgram(host, {
      steps: recording.steps,
      results: [...results, ...recording.assigned.values()],
      moves: (block) => bindings.has(block) || next.has(block),
    });
  } catch (error) {
    next.dispose();
    release();
    throw error;
  }
  const { calls, foreign, bytes, run, address, move, dispose } = program;
  const nextBytes = assigned.reduce((sum, [, block]) => sum + block.bytes, 0);
  return {
    size: { calls, foreign, bytes: bytes + nextBytes },
    run(given) {
      if (recording.dependencies.some(({ read, value }) => read() !== value)) return false;
      for (const [block, binding] of bindings) {
        const at = binding(given);
        if (at === undefined) return false;
        move(block, at);
      }
      for (const [variable, block] of assigned) {
        if (variable.isDisposed) return false;
        move(block, next.address(block));
      }
      return run();
    },
    copy(result, dataId) {
      const from = address(result);
      new Uint8Array(memory.buffer).copyWithin(offsetOf(dataId), from, from + result.bytes);
    },
    commit() {
      next.commit();
      for (const act of recording.effects) act();
    },
    dispose() {
      if (!backend.wasm) return;
      dispose();
      next.dispose();
      release();
    },
  };
}

/** The data of variables that shared them when they were recorded; undefined where they do not any more, or are gone. */
function addressOf(owners: readonly Variable[], offsetOf: (dataId: object) => number): number | undefined {
  const { dataId } = owners[0]!;
  return owners.every((owner) => !owner.isDisposed && owner.dataId === dataId) ? offsetOf(dataId) : undefined;
}

function* blocksOf(recording: Recording): Generator<Block> {
  for (const step of recording.steps)
    if (isForeign(step)) {
      for (const tensor of [...Object.values(step.inputs), ...step.outputs]) if (tensor) yield tensor.pointer.block;
    } else
      for (const { pointers } of [...step.calls, ...(step.cut?.calls ?? [])])
        for (const pointer of pointers) if (pointer) yield pointer.block;
}

/** Keeps the data of a tensor that belongs to somebody else. */
function hold({ backend }: KernelHost, dataId: object): Tensor {
  const { shape, dtype } = backend.dataIdMap.get(dataId) as Pick<Tensor, 'shape' | 'dtype'>;
  backend.incRef(dataId);
  return engine().keep(engine().makeTensorFromDataId(dataId, shape, dtype, backend));
}
