/** Messages from the thread of the command to the main thread. */
export type FromThread =
  | { readonly type: 'write'; readonly stream: StreamName; readonly text: string }
  /** Whether an interrupt is to be passed on; otherwise it ends the process. */
  | { readonly type: 'listen'; readonly on: boolean }
  /** For the process that started this one. */
  | { readonly type: 'send'; readonly message: object }
  | { readonly type: 'done'; readonly code: number };

export type ToThread =
  | { readonly type: 'interrupt' }
  | { readonly type: 'columns'; readonly stream: StreamName; readonly columns: number }
  /** From the process that started this one. */
  | { readonly type: 'message'; readonly message: unknown };

export type StreamName = 'stdout' | 'stderr';

export interface ThreadData {
  readonly argv: readonly string[];
  readonly hasParent: boolean;
  readonly streams: Readonly<Record<StreamName, { readonly isTTY: boolean; readonly columns: number | undefined }>>;
}
