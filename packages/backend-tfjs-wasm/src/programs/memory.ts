/** A piece of the heap: an allocation made while a program was recorded, or a tensor that was there before. */
export interface Block {
  readonly bytes: number;
  /** Where it lay when it was recorded. */
  readonly at: number;
  /** `made` by kernels, `uploaded` by JavaScript with `values`, or `given`: there before, the data of `dataId`. */
  readonly origin: 'made' | 'uploaded' | 'given';
  readonly values?: Uint8Array;
  readonly dataId?: object;
  /** Integers that JavaScript wrote, by their offset in the block: loops, windows and axes. */
  integers?: Map<number, readonly number[]>;
}

/** An address in a block. */
export interface Pointer {
  readonly block: Block;
  readonly offset: number;
}

/** Blocks by the addresses that they have now. */
export interface BlockMap {
  add(block: Block): void;
  remove(at: number): void;
  /** The block that begins at an address. */
  at(address: number): Block | undefined;
  /** What an address points at; undefined where nothing known lies. */
  find(address: number): Pointer | undefined;
}

export function createBlockMap(): BlockMap {
  const starts: number[] = [];
  const blocks: Block[] = [];
  /** The place of the last block that begins at or before an address, -1 if there is none. */
  const place = (address: number): number => {
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };
  return {
    add(block) {
      const i = place(block.at);
      if (i >= 0 && starts[i] === block.at) {
        blocks[i] = block;
        return;
      }
      starts.splice(i + 1, 0, block.at);
      blocks.splice(i + 1, 0, block);
    },
    remove(at) {
      const i = place(at);
      if (i < 0 || starts[i] !== at) return;
      starts.splice(i, 1);
      blocks.splice(i, 1);
    },
    at(address) {
      const i = place(address);
      return i >= 0 && starts[i] === address ? blocks[i] : undefined;
    },
    find(address) {
      const i = place(address);
      if (i < 0) return undefined;
      const [block, offset] = [blocks[i]!, address - starts[i]!];
      return offset < Math.max(block.bytes, 1) ? { block, offset } : undefined;
    },
  };
}
