/** Why `useWasm` gave up, what an operation can't take, or what befell it. */
export type WasmErrorCode =
  | 'BAD_AXIS'
  | 'BAD_DTYPE'
  | 'BAD_INDEX'
  | 'BAD_OPTION'
  | 'BAD_SHAPE'
  | 'FILES_NOT_FOUND'
  | 'HEAP_FULL'
  | 'NO_GRADIENT'
  | 'RELAXED_SIMD_UNAVAILABLE'
  | 'SIMD_UNAVAILABLE'
  | 'START_FAILED'
  | 'TFJS_COPIES'
  | 'TFJS_VERSION'
  | 'THREAD_LOST'
  | 'WASM_FORBIDDEN'
  | 'WASM_UNAVAILABLE';

/** The errors of this package: `code` says which, the message names the value and the remedy. */
export class WasmError extends Error {
  // The name that core's isOverparamError looks for; this package stands alone and does not import core.
  override readonly name = 'OverparamError';
  readonly code: WasmErrorCode;
  constructor(code: WasmErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
