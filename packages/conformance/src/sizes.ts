/** How many numbers, strings and other leaves a value holds. */
export function sizeOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength / ((value as Float64Array).BYTES_PER_ELEMENT ?? 1);
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, entry) => sum + sizeOf(entry), 0);
}
