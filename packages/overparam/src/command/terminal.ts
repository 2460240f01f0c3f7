import type { Writable } from 'node:stream';
import pc from 'picocolors';

/** Where a command writes: its outcome, and what it has to say on the way. */
export interface Terminal {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

export type Colors = ReturnType<typeof pc.createColors>;

export const isTerminal = (stream: Writable): boolean => (stream as { isTTY?: boolean }).isTTY === true;

export const columnsOf = (stream: Writable): number => (stream as { columns?: number }).columns ?? 80;

/** Colours, unless the stream is a file or a pipe, or the user does not want any. */
export const colorsFor = (stream: Writable): Colors => pc.createColors(isTerminal(stream) && pc.isColorSupported);
