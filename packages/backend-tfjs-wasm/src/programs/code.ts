import { type Block } from './memory.ts';
import { type Parameter } from './parameter.ts';
import { type Call } from './recording.ts';
import { opcodes, signatures } from './signatures.ts';

/** A place in a program that holds an address in a block which moves, or a parameter. */
export interface Patch {
  /** Byte address. */
  readonly at: number;
  /** Bytes from the start of the block. */
  readonly offset: number;
}

/** Parameters and where they stand. */
export interface ParameterPatch {
  readonly at: number;
  readonly kind: 'i' | 'f' | 'd';
  readonly parameter: Parameter;
}

/** Bytes of the record of a call. */
export function bytesOf({ kernel, args }: Call): number {
  let words = 1;
  for (let i = 0; i < args.length; i++) words += signatures[kernel][i] === 'd' ? 2 : 1;
  return 4 * words;
}

/** Writes the records of calls into the heap, as `assembly/program.ts` reads them. */
export interface Writer {
  write(call: Call, at: number): void;
  readonly moving: ReadonlyMap<Block, readonly Patch[]>;
  readonly parameters: readonly ParameterPatch[];
}

/**
 * @param address where a block lies now, and which block it moves with between runs, if it does
 * @param integers where the integers lie that JavaScript wrote into a block at an offset
 */
export function createWriter(
  buffer: ArrayBufferLike,
  address: (block: Block) => { readonly at: number; readonly moving: Block | undefined },
  integers: (block: Block, offset: number, call: Call) => number,
): Writer {
  const view = new DataView(buffer);
  const moving = new Map<Block, Patch[]>();
  const parameters: ParameterPatch[] = [];
  return {
    moving,
    parameters,
    write(call, start) {
      const { kernel, args, pointers } = call;
      view.setUint32(start, opcodes[kernel]! | (bytesOf(call) << 8), true);
      let at = start + 4;
      args.forEach((value, i) => {
        const [kind, pointer] = [signatures[kernel][i], pointers[i]];
        if (pointer) {
          const { block, offset } = pointer;
          if (block.integers) view.setUint32(at, integers(block, offset, call), true);
          else {
            const { at: base, moving: it } = address(block);
            view.setUint32(at, base + offset, true);
            if (it) moving.set(it, append(moving.get(it), { at, offset }));
          }
        } else {
          if (typeof value !== 'number') parameters.push({ at, kind: kind as 'i' | 'f' | 'd', parameter: value });
          writeNumber(view, at, kind!, Number(value));
        }
        at += kind === 'd' ? 8 : 4;
      });
    },
  };
}

function append<T>(list: T[] | undefined, item: T): T[] {
  if (!list) return [item];
  list.push(item);
  return list;
}

/** Writes a number as a kernel takes it. */
export function writeNumber(view: DataView, at: number, kind: string, value: number): void {
  if (kind === 'f') view.setFloat32(at, value, true);
  else if (kind === 'd') view.setFloat64(at, value, true);
  else view.setInt32(at, value, true);
}

/** The arguments of the call of which the record begins at `start`. */
export function readArguments(view: DataView, { kernel, args }: Call, start: number): number[] {
  let at = start + 4;
  return args.map((_, i) => {
    const kind = signatures[kernel][i];
    const value =
      kind === 'f' ? view.getFloat32(at, true) : kind === 'd' ? view.getFloat64(at, true) : view.getInt32(at, true);
    at += kind === 'd' ? 8 : 4;
    return value;
  });
}
