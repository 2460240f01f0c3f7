import { type KernelHost, memoryOf, outOfMemory } from '../kernels/host.ts';
import { bytesOf, createWriter, readArguments, writeNumber } from './code.ts';
import { createForeign, type Foreign } from './foreign.ts';
import { type Block } from './memory.ts';
import { plan } from './plan.ts';
import { usesOf } from './reads-writes.ts';
import { type Call, isForeign, type Job, type Step } from './recording.ts';
import { simplify } from './simplify.ts';

/** What a program takes. */
export interface ProgramSize {
  /** Calls of this package's kernels in one run. */
  readonly calls: number;
  /** Kernels of tfjs's own that JavaScript calls in each run. */
  readonly foreign: readonly string[];
  /** Bytes of the wasm heap that it holds. */
  readonly bytes: number;
}

/** A program in the heap. */
export interface Program extends ProgramSize {
  /** Has the program use the memory at an address for a block that moves. */
  move(block: Block, at: number): void;
  /** Where a block lies. */
  address(block: Block): number;
  /** Runs it; false where a kernel refused its input, such as an index out of range. Then the results are undefined. */
  run(): boolean;
  dispose(): void;
}

export interface ProgramParts {
  readonly steps: readonly Step[];
  /** Blocks that hold results when the program has run. */
  readonly results: Iterable<Block>;
  /** Whether the memory of a block is given before each run by `move`. */
  readonly moves: (block: Block) => boolean;
}

/** A part of the steps that is made at once: calls of our kernels from one address to another, a job that threads share, or a call of a kernel that is not ours. */
type Segment =
  | { readonly from: number; readonly to: number }
  | { readonly job: Job; readonly at: readonly number[]; readonly cutAt: readonly number[] }
  | { readonly foreign: Foreign };

const align = (bytes: number, to = 64): number => Math.ceil(bytes / to) * to;

/** Writes a program into the heap. */
export function createProgram(host: KernelHost, { steps: recorded, results, moves }: ProgramParts): Program {
  const memory = memoryOf(host.backend);
  const heap = host.backend.wasm as unknown as { _malloc(bytes: number): number; _free(at: number): void };
  const owned: number[] = [];
  const allocate = (bytes: number): number => {
    const at = heap._malloc(bytes + 64) >>> 0;
    if (at === 0) throw outOfMemory(bytes);
    owned.push(at);
    return align(at);
  };
  const isConstant = (block: Block): boolean => block.origin === 'uploaded' && !moves(block);
  const wanted = [...results];
  const { once, steps, standIn } = simplify(recorded, wanted, isConstant, moves);

  // Where every block lies.
  const addresses = new Map<Block, number>();
  const [lifetimes, constants] = lifetimesOf(once, steps, wanted, standIn, moves);
  let bytes = 0;
  try {
    const arena = plan([...lifetimes.values()]);
    bytes += arena.bytes;
    const base = allocate(arena.bytes);
    [...lifetimes.keys()].forEach((block, i) => addresses.set(block, base + arena.offsets[i]!));
    for (const block of constants) {
      addresses.set(block, allocate(block.bytes));
      bytes += block.bytes;
    }
    for (const block of constants)
      if (block.values) new Uint8Array(memory.buffer).set(block.values, addresses.get(block)!);

    // Where every record and its integers lie.
    const integers = createIntegers();
    let size = 0;
    const places = (calls: readonly Call[]): number[] =>
      calls.map((call, i) => {
        call.pointers.forEach((pointer) => pointer && integers.add(standIn(pointer.block), pointer.offset, i));
        const at = size;
        size += bytesOf(call);
        return at;
      });
    const layout = steps.map((step) => (isForeign(step) ? undefined : places(step.calls)));
    const end = size;
    const cuts = steps.map((step) => (isForeign(step) || !step.cut ? [] : places(step.cut.calls)));
    once.forEach((step) => !isForeign(step) && places(step.calls));
    const code = allocate(align(size) + integers.bytes());
    bytes += size + integers.bytes();
    integers.write(memory.buffer, code + align(size));

    const address = (block: Block): { at: number; moving: Block | undefined } => {
      const it = standIn(block);
      return { at: addresses.get(it) ?? it.at, moving: moves(it) ? it : undefined };
    };
    let tile = 0;
    const writer = createWriter(memory.buffer, address, (block, offset) => integers.address(block, offset, tile));
    const write = (calls: readonly Call[], at: readonly number[]): void =>
      calls.forEach((call, i) => {
        tile = i;
        writer.write(call, code + at[i]!);
      });
    // What is computed once is computed now.
    for (const step of once) {
      if (isForeign(step)) continue;
      const scratch = code + end;
      step.calls.forEach((call, i) => {
        tile = i;
        writer.write(call, scratch);
        host.wasm.runProgram(scratch, scratch + bytesOf(call));
      });
    }
    steps.forEach((step, i) => {
      if (isForeign(step)) return;
      write(step.calls, layout[i]!);
      if (step.cut) write(step.cut.calls, cuts[i]!);
    });
    const foreign = steps.map((step) =>
      isForeign(step) ? createForeign(host, step, (block) => address(block).at) : undefined,
    );
    // Where the records of the next step begin.
    const behind = new Array<number>(steps.length);
    for (let i = steps.length - 1, next = end; i >= 0; i--) {
      behind[i] = next;
      next = layout[i]?.[0] ?? next;
    }
    const segments = (threads: boolean): Segment[] => {
      const result: Segment[] = [];
      let from = code;
      const upTo = (to: number): void => void (to > from && result.push({ from, to }));
      steps.forEach((step, i) => {
        const at = layout[i];
        const after = behind[i]!;
        if (!at) {
          upTo(code + after);
          result.push({ foreign: foreign[i]! });
          from = code + after;
        } else if (threads && !isForeign(step) && step.cut) {
          upTo(code + at[0]!);
          result.push({ job: step, at: at.map((a) => code + a), cutAt: cuts[i]!.map((a) => code + a) });
          from = code + after;
        }
      });
      upTo(code + end);
      return result;
    };
    const alone = segments(false);
    const shared = steps.some((step) => !isForeign(step) && step.cut) ? segments(true) : alone;

    let view = new DataView(memory.buffer);
    const fresh = (): DataView => (view.buffer === memory.buffer ? view : (view = new DataView(memory.buffer)));
    const runJob = ({ job, at, cutAt }: Extract<Segment, { job: Job }>): void => {
      const { cost, calls, scratch } = job.cut!;
      const read = (calls: readonly Call[], places: readonly number[]): number[][] =>
        calls.map((call, i) => readArguments(fresh(), call, places[i]!));
      host.share(job.calls[0]!.kernel, cost, (parts, compute) => {
        if (parts === 1) return compute(read(job.calls, at));
        const tiles = read(calls, cutAt);
        compute(tiles, scratch && { ...scratch, at: tiles[0]![scratch.argument]! });
      });
    };
    return {
      calls: steps.reduce((sum, step) => sum + (isForeign(step) ? 0 : step.calls.length), 0),
      foreign: steps.flatMap((step) => (isForeign(step) ? [step.name] : [])),
      bytes,
      move(block, at) {
        const it = standIn(block);
        if (address(it).at === at) return;
        addresses.set(it, at);
        const to = fresh();
        for (const patch of writer.moving.get(it) ?? []) to.setUint32(patch.at, at + patch.offset, true);
        foreign.forEach((call) => call?.move(it, at));
      },
      address: (block) => address(block).at,
      run() {
        for (const { at, kind, parameter } of writer.parameters) writeNumber(fresh(), at, kind, Number(parameter));
        for (const segment of host.threads() > 1 ? shared : alone) {
          if ('job' in segment) runJob(segment);
          else if ('foreign' in segment) {
            if (!segment.foreign.run()) return false;
          } else if (host.wasm.runProgram(segment.from, segment.to) !== 0) return false;
        }
        return true;
      },
      dispose() {
        foreign.forEach((call) => call?.dispose());
        for (const at of owned.splice(0)) heap._free(at);
      },
    };
  } catch (error) {
    for (const at of owned.splice(0)) heap._free(at);
    throw error;
  }
}

/** For blocks that share the arena, the steps during which they are in use; and the blocks that last as long as the program. */
function lifetimesOf(
  once: readonly Step[],
  steps: readonly Step[],
  results: readonly Block[],
  standIn: (block: Block) => Block,
  moves: (block: Block) => boolean,
): [Map<Block, { bytes: number; first: number; last: number }>, Set<Block>] {
  const lifetimes = new Map<Block, { bytes: number; first: number; last: number }>();
  const constants = new Set<Block>();
  for (const step of once)
    for (const block of usesOf(step).all) {
      const it = standIn(block);
      if (!it.integers && !moves(it)) constants.add(it);
    }
  const use = (block: Block, step: number): void => {
    const it = standIn(block);
    if (it.integers || moves(it) || constants.has(it)) return;
    if (it.values) {
      constants.add(it);
      return;
    }
    const known = lifetimes.get(it);
    if (known) known.last = step;
    else lifetimes.set(it, { bytes: it.bytes, first: step, last: step });
  };
  steps.forEach((step, i) => {
    for (const block of usesOf(step).all) use(block, i);
  });
  for (const block of results) use(block, steps.length);
  return [lifetimes, constants];
}

/** Integers that calls read: those that are equal lie in one place, but for the parts of a job, which may run at once. */
function createIntegers() {
  const places = new Map<string, number>();
  const contents: { readonly at: number; readonly values: readonly number[] }[] = [];
  let size = 0;
  const find = (block: Block, offset: number): readonly [values: readonly number[], room: number] => {
    const values = block.integers!.get(offset)!;
    const next = [...block.integers!.keys()].filter((other) => other > offset);
    return [values, Math.min(block.bytes, ...next) - offset];
  };
  const keyOf = (block: Block, offset: number, part: number): string => {
    const [values, room] = find(block, offset);
    return `${part}:${room}:${values.join()}`;
  };
  let start = 0;
  return {
    add(block: Block, offset: number, part: number): void {
      if (!block.integers) return;
      const key = keyOf(block, offset, part);
      if (places.has(key)) return;
      const [values, room] = find(block, offset);
      places.set(key, size);
      contents.push({ at: size, values });
      size = align(size + room, 16);
    },
    bytes: (): number => size,
    write(buffer: ArrayBufferLike, at: number): void {
      start = at;
      for (const { at: offset, values } of contents) new Int32Array(buffer, at + offset, values.length).set(values);
    },
    address: (block: Block, offset: number, part: number): number => start + places.get(keyOf(block, offset, part))!,
  };
}
