/**
 * The same plain data, where no typed array is a part of a larger buffer, such as the memory of a wasm module: a clone
 * would take all of that along, and a shared one would not be copied at all.
 */
export function ownMemory(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteLength } = value;
    return byteLength < buffer.byteLength || !(buffer instanceof ArrayBuffer) ? copy(value) : value;
  }
  if (Array.isArray(value)) return value.map(ownMemory);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, ownMemory(entry)]));
}

function copy(view: ArrayBufferView): unknown {
  const { byteOffset, byteLength, constructor } = view;
  const bytes = new Uint8Array(view.buffer, byteOffset, byteLength).slice();
  return new (constructor as new (buffer: ArrayBuffer) => unknown)(bytes.buffer);
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
