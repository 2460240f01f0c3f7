import { decompressed } from './decompressed.ts';
import type { Source, SourceOptions } from './source.ts';

/** Takes bytes off a source in the sizes a binary format asks for. */
export interface ByteReader {
  /** How many bytes were taken. */
  readonly offset: number;
  /** Fills `target` from its start; returns how many bytes there were, fewer than asked only at the end of the file. */
  fill(target: Uint8Array): Promise<number>;
  /** True when a further byte is there. */
  more(): Promise<boolean>;
  /** Lets go of the source. */
  close(): Promise<void>;
}

export function byteReader(source: Source, options: Required<SourceOptions>): ByteReader {
  const bytes = decompressed(source, options);
  let piece: Uint8Array = new Uint8Array(0);
  let used = 0;
  let offset = 0;
  const more = async (): Promise<boolean> => {
    while (used === piece.length) {
      const next = await bytes.next();
      if (next.done) return false;
      piece = next.value;
      used = 0;
    }
    return true;
  };
  return {
    get offset() {
      return offset;
    },
    async fill(target) {
      let filled = 0;
      while (filled < target.length && (await more())) {
        const taken = piece.subarray(used, used + target.length - filled);
        target.set(taken, filled);
        filled += taken.length;
        used += taken.length;
        offset += taken.length;
      }
      return filled;
    },
    more,
    close: async () => void (await bytes.return(undefined)),
  };
}
