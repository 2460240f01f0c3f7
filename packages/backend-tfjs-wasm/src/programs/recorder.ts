import { engine, type KernelFunc, type TensorInfo, util, Variable } from '@tensorflow/tfjs-core';
import { type Job as Tiles } from '@overparam/threads';
import { type KernelHost, memoryOf } from '../kernels/host.ts';
import { isPlain, type Observer } from '../kernels/observer.ts';
import { collect, type Surroundings } from './effects.ts';
import { type Block, createBlockMap, type Pointer } from './memory.ts';
import { type Parameter } from './parameter.ts';
import { usesOf } from './reads-writes.ts';
import { type Call, type ForeignTensor, type Recording, type Step } from './recording.ts';
import { type Kernel, signatures } from './signatures.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The parts of tfjs's backend and engine that are observed while a program is recorded. */
interface Heap {
  _malloc(bytes: number): number;
  _free(at: number): void;
}
interface Observed {
  move(dataId: object, values: unknown, shape: number[], dtype: TensorInfo['dtype'], refCount: number): void;
  readSync(dataId: object, ...range: unknown[]): unknown;
  read(dataId: object): unknown;
}
interface ObservedEngine {
  incRef(tensor: unknown, backend: unknown): void;
}

/** A recording in progress. */
export interface Recorder {
  /** A variable was assigned to before the recording began, and what it holds is computed in it. */
  assigned(variable: Variable): void;
  /** Data are called by another id from now on. */
  renamed(from: object, to: object): void;
  /** Ends it. */
  finish(): Recording;
}

/** Runs `run`, which computes as always, and records what its kernels do. */
export function record<T>(host: KernelHost, run: () => T): { readonly value: T; readonly recording: Recording } {
  const recorder = startRecording(host);
  let recording: Recording;
  let value: T;
  try {
    value = run();
  } finally {
    recording = recorder.finish();
  }
  return { value, recording };
}

/**
 * Records what kernels do from now on, while they compute as always.
 *
 * @param assigning called when a variable was assigned to
 */
export function startRecording(host: KernelHost, assigning: (variable: Variable) => void = () => {}): Recorder {
  const { backend } = host;
  const heap = backend.wasm as unknown as Mutable<Heap>;
  const observed = backend as unknown as Mutable<Observed>;
  const observedEngine = engine() as unknown as Mutable<ObservedEngine>;
  const blocks = createBlockMap();
  const byDataId = new Map<object, Block>();
  const steps: Step[] = [];
  const assigned = new Set<Variable>();
  const constants = new Map<Block, Uint8Array>();
  const variables = new Set(Object.values(engine().registeredVariables));
  let refusal: string | undefined;
  let foreign = 0;
  const refuse = (why: string): void => void (refusal ??= why);

  const pointerTo = (address: number, kernel: string): Pointer | undefined => {
    const pointer = blocks.find(address);
    if (!pointer) refuse(`the kernel ${kernel} uses memory that no tensor holds`);
    return pointer;
  };
  const callOf = (kernel: string, args: readonly (number | Parameter)[], scratch: Tiles['scratch']): Call => {
    const kinds = signatures[kernel as Kernel] as string | undefined;
    if (kinds === undefined) refuse(`the kernel ${kernel} cannot be part of a program`);
    const all = scratch ? args.map((value, i) => (i === scratch.argument ? scratch.at : value)) : args;
    const pointers = all.map((value, i) =>
      'pws'.includes(kinds?.[i] ?? 'i') && Number(value) !== 0 ? pointerTo(Number(value), kernel) : undefined,
    );
    return { kernel: kernel as Kernel, args: all, pointers };
  };
  const blockOf = (tensor: TensorInfo): Block | undefined => {
    const { memoryOffset: at } = backend.dataIdMap.get(tensor.dataId) as { memoryOffset: number };
    observer.located(tensor, at);
    return blocks.at(at);
  };
  /** Whether a block follows from tensors that are not computed; these are taken as constants then. */
  const isConstant = (block: Block): boolean => {
    if (block.origin !== 'made') {
      if (!blocks.at(block.at) && !block.values) return false;
      const values = block.values ?? new Uint8Array(memoryOf(backend).buffer).slice(block.at, block.at + block.bytes);
      constants.set(block, values);
      return true;
    }
    const writers = steps.map(usesOf).filter(({ writes }) => writes.has(block));
    return (
      writers.length > 0 && writers.every(({ reads }) => [...reads].every((read) => read.integers || isConstant(read)))
    );
  };
  const foreignTensor = (tensor: TensorInfo): ForeignTensor | undefined => {
    const block = blockOf(tensor);
    return block && { pointer: { block, offset: 0 }, shape: tensor.shape, dtype: tensor.dtype };
  };

  const observer: Observer = {
    located({ dataId }, at) {
      const known = blocks.at(at);
      if (known) {
        byDataId.set(dataId, known);
        return;
      }
      const { shape, dtype } = backend.dataIdMap.get(dataId) as { shape: number[]; dtype: TensorInfo['dtype'] };
      const block: Block = {
        bytes: util.sizeFromShape(shape) * util.bytesPerElement(dtype),
        at,
        origin: 'given',
        dataId,
      };
      if (block.bytes === 0) return;
      blocks.add(block);
      byDataId.set(dataId, block);
    },
    read(tensor) {
      const block = blockOf(tensor);
      if (!block || !isConstant(block)) refuse('a kernel reads a value that was computed');
    },
    wrote(at, values) {
      const pointer = blocks.find(at);
      if (!pointer) return refuse('integers were written to memory that no tensor holds');
      (pointer.block.integers ??= new Map()).set(pointer.offset, [...values]);
    },
    called(kernel, tiles, scratch) {
      if (foreign === 0) steps.push({ calls: tiles.map((args) => callOf(kernel, args, scratch)) });
    },
    cut(kernel, cost, tiles, scratch) {
      if (foreign > 0) return;
      const calls = tiles.map((args) => callOf(kernel, args, scratch));
      const cut = scratch ? { argument: scratch.argument, size: scratch.size } : undefined;
      steps.push({ ...steps.pop()!, cut: { cost, calls, ...(cut && { scratch: cut }) } } as Step);
    },
    foreign(name, kernel, args) {
      // Part of another one that is not ours.
      if (foreign > 0) return kernel(args);
      foreign++;
      let made: ReturnType<KernelFunc>;
      try {
        made = kernel(args);
      } finally {
        foreign--;
      }
      const outputs = [made].flat() as TensorInfo[];
      const given = Object.entries(args.inputs as Record<string, TensorInfo | undefined>);
      // Another view of the same data: nothing is computed.
      if (outputs.every(({ dataId }) => given.some(([, input]) => input?.dataId === dataId))) return made;
      if ([...outputs, ...given.map(([, input]) => input)].some((t) => t && !isPlain(t.dtype))) {
        refuse(`the kernel ${name} works on ${outputs[0]!.dtype} tensors`);
        return made;
      }
      const inputs = Object.fromEntries(given.map(([key, input]) => [key, input && foreignTensor(input)]));
      const results = outputs.flatMap((output) => foreignTensor(output) ?? []);
      if (results.some(({ pointer }) => pointer.block.origin === 'given'))
        refuse(`the kernel ${name} allocates for itself`);
      steps.push({ name, kernel, inputs, attrs: args.attrs, outputs: results });
      return made;
    },
  };

  const undo = [
    replace(heap, '_malloc', (malloc) => (bytes) => {
      const at = malloc(bytes);
      if (at !== 0) blocks.add({ bytes, at: at >>> 0, origin: 'made' });
      return at;
    }),
    replace(heap, '_free', (free) => (at) => {
      blocks.remove(at >>> 0);
      free(at);
    }),
    replace(observed, 'move', (move) => (dataId, values, shape, dtype, refCount) => {
      move.call(backend, dataId, values, shape, dtype, refCount);
      const { memoryOffset: at } = backend.dataIdMap.get(dataId) as { memoryOffset: number | null };
      if (values == null || at === null) return;
      const { buffer, byteOffset, byteLength } = values as Uint8Array;
      const copy = new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
      if (copy.length > 0) blocks.add({ bytes: copy.length, at, origin: 'uploaded', values: copy });
    }),
    replace(observed, 'readSync', (readSync) => (dataId, ...range) => {
      if (foreign === 0) refuse('it reads values of tensors (dataSync, data, print) while it runs');
      return readSync.call(backend, dataId, ...range);
    }),
    replace(observedEngine, 'incRef', (incRef) => (tensor, of) => {
      incRef.call(engine(), tensor, of);
      if (!(tensor instanceof Variable)) return;
      if (!variables.has(tensor)) return refuse('it creates variables');
      assigned.add(tensor);
      assigning(tensor);
    }),
  ];
  const surroundings: Surroundings = { effects: [], dependencies: [] };
  host.observe(observer);
  collect(surroundings);
  return {
    assigned: (variable) => void assigned.add(variable),
    renamed(from, to) {
      const block = byDataId.get(from);
      if (block) byDataId.set(to, block);
    },
    finish() {
      let assignedBlocks: Map<Variable, Block>;
      try {
        assignedBlocks = blocksOfVariables();
      } finally {
        host.observe(undefined);
        collect(undefined);
        for (const restore of undo.reverse()) restore();
      }
      const blockOfData = (dataId: object): Block | undefined => byDataId.get(dataId);
      return { steps, assigned: assignedBlocks, constants, ...surroundings, refusal, blockOf: blockOfData };
    },
  };

  /** What the variables hold in the end, each in a block of its own that kernels made. */
  function blocksOfVariables(): Map<Variable, Block> {
    const result = new Map<Variable, Block>();
    const taken = new Set<Block>();
    for (const variable of assigned) {
      const block = variable.isDisposed ? undefined : blockOf(variable);
      if (!block) continue;
      if (block.origin === 'made' && !taken.has(block)) result.set(variable, block);
      else {
        const copy: Block = { bytes: block.bytes, at: -1, origin: 'made' };
        steps.push(copyStep(block, copy));
        result.set(variable, copy);
      }
      taken.add(block);
    }
    return result;
  }
}

/** Copies a block into another one of the same size. */
function copyStep(from: Block, to: Block): Step {
  const unit = from.bytes % 4 === 0 ? 4 : 1;
  const loop: Block = { bytes: 12, at: -1, origin: 'made', integers: new Map([[0, [from.bytes / unit, unit, unit]]]) };
  const pointers = [from, to, loop].map((block) => ({ block, offset: 0 }));
  return {
    calls: [{ kernel: 'stridedCopy', args: [-1, -1, -1, 1, unit], pointers: [...pointers, undefined, undefined] }],
  };
}

/** Replaces a method; returns what puts it back. */
export function replace<Target extends object, Key extends keyof Target>(
  target: Target,
  key: Key,
  by: (before: Target[Key]) => Target[Key],
): () => void {
  const before = target[key];
  target[key] = by(before);
  // Deleting it would make the object slow.
  return () => void (target[key] = before);
}
