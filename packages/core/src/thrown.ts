import { OverparamError } from './error.ts';

/** What was thrown, as structured clones carry it: they lose the `code` of an error, and its name. */
export type Thrown =
  | {
      readonly name: string;
      readonly message: string;
      readonly code?: string;
      readonly stack?: string;
      readonly cause?: Thrown;
    }
  | { readonly value: unknown };

/** Causes of causes are followed so far. */
const deepest = 8;

export function packed(error: unknown, depth = 0): Thrown {
  if (!(error instanceof Error)) return { value: isPrimitive(error) ? error : String(error) };
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    name,
    message,
    ...(typeof code === 'string' && { code }),
    ...(stack !== undefined && { stack }),
    ...(cause !== undefined && depth < deepest && { cause: packed(cause, depth + 1) }),
  };
}

const isPrimitive = (value: unknown): boolean =>
  value === null || !['object', 'function', 'symbol'].includes(typeof value);

/** The error again: an {@link OverparamError} with its code, or an `Error` of the same name, with the stack of the original. */
export function unpacked(thrown: Thrown): unknown {
  if ('value' in thrown) return thrown.value;
  const { name, message, code, stack } = thrown;
  const options = thrown.cause ? { cause: unpacked(thrown.cause) } : undefined;
  const hidden = (value: unknown): PropertyDescriptor => ({ value, configurable: true, writable: true });
  const ours = name === 'OverparamError' && code !== undefined;
  const error = ours ? new OverparamError(code, message, options) : new Error(message, options);
  if (!ours) {
    if (name !== 'Error') Object.defineProperty(error, 'name', hidden(name));
    if (code !== undefined) Object.defineProperty(error, 'code', { ...hidden(code), enumerable: true });
  }
  if (stack !== undefined) Object.defineProperty(error, 'stack', hidden(stack));
  return error;
}
