import type { Writable } from 'node:stream';
import pc from 'picocolors';

/** Where a command writes: its outcome, and its progress. */
export interface Terminal {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Calls the function at the first interrupt; returns what stops that. Absent: the signals of this process. */
  readonly listen?: (heard: () => void) => () => void;
  /** The process that started this one to work for it. */
  readonly parent?: Parent;
}

/** Messages between a process and the one that started it. */
export interface Parent {
  send(message: object): void;
  onMessage(listener: (message: unknown) => void): void;
}

export type Colors = ReturnType<typeof pc.createColors>;

export const isTerminal = (stream: Writable): boolean => (stream as { isTTY?: boolean }).isTTY === true;

export const columnsOf = (stream: Writable): number => (stream as { columns?: number }).columns ?? 80;

/** Colours, unless the stream is a file or a pipe, or the user does not want any. */
export const colorsFor = (stream: Writable): Colors =>
  pc.createColors(isTerminal(stream) && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb');
