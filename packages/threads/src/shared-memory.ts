/**
 * Whether this engine shares memory among threads: every Node does, a page does when it is cross-origin isolated.
 * `undefined` where it does, else the reason, with the remedy.
 */
export function noSharedMemory(): string | undefined {
  const { crossOriginIsolated: isolated } = globalThis as { crossOriginIsolated?: boolean };
  if (isolated === false || typeof SharedArrayBuffer !== 'function')
    return (
      'the page is not cross-origin isolated: serve it with the headers ' +
      'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp'
    );
  try {
    void new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    return undefined;
  } catch (error) {
    return `the engine gives no shared memory: ${(error as Error).message}`;
  }
}

const [importSection, memorySection] = [2, 5];

/**
 * The same module with its one memory shared, be it imported or its own. The instructions of a module are valid for either kind;
 * they differ only in a bit of the byte of flags in front of the memory's limits: 1 says that there is a maximum, 2 that
 * it is shared, which needs one.
 *
 * @returns undefined where the module has no single memory with a maximum
 */
export function withSharedMemory(module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(module);
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0, byte = 128; byte & 128; shift += 7) value |= ((byte = bytes[at++] ?? 0) & 127) << shift;
    return value >>> 0;
  };
  const skip = (count: number): void => void (at += count);
  const flags: number[] = [];
  while (at < bytes.length) {
    const id = bytes[at++];
    const size = number();
    const end = at + size;
    if (id === memorySection && number() === 1) flags.push(at);
    if (id === importSection)
      for (let left = number(); left > 0; left--) {
        // The names of a module and of what it exports.
        skip(number());
        skip(number());
        const kind = bytes[at++];
        if (kind === 2) flags.push(at);
        // Functions have a type; tables a type and limits, as memories have limits; globals a type and a byte.
        if (kind === 1) skip(1);
        if (kind === 1 || kind === 2) for (let rest = bytes[at++]! & 1 ? 2 : 1; rest > 0; rest--) number();
        else if (kind === 3) skip(2);
        else number();
      }
    at = end;
  }
  const [place] = flags;
  if (place === undefined || flags.length > 1 || (bytes[place]! & 1) === 0) return undefined;
  bytes[place]! |= 2;
  return bytes;
}
