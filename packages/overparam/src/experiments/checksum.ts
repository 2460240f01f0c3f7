import { createHash } from 'node:crypto';

/** SHA-256 of arrays, one after the other, in hexadecimal. */
export function sha256(...arrays: readonly ArrayBufferView[]): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}
