import * as tf from '@tensorflow/tfjs';

interface Storage {
  write(values: unknown, shape: number[], dtype: string): object;
  disposeData(id: object, force?: boolean): boolean;
}

/**
 * Counts the numbers in all live buffers of the cpu backend that are made while `body` runs and have at least `least`
 * entries. Several tensors on one buffer count once.
 * @returns the most that lived at one time, and what lives in the end
 */
export function liveBuffers(least: number, body: () => void): { readonly peak: number; readonly left: number } {
  const backend = tf.backend() as unknown as Storage;
  const { write, disposeData } = backend;
  const live = new Map<object, number>();
  let now = 0;
  let peak = 0;
  backend.write = function (values, shape, dtype) {
    const id = write.call(this, values, shape, dtype);
    const size = shape.reduce((product, length) => product * length, 1);
    if (size >= least) live.set(id, size);
    now += live.get(id) ?? 0;
    peak = Math.max(peak, now);
    return id;
  };
  backend.disposeData = function (id, force) {
    const freed = disposeData.call(this, id, force);
    if (freed && live.has(id)) {
      now -= live.get(id)!;
      live.delete(id);
    }
    return freed;
  };
  try {
    body();
  } finally {
    Object.assign(backend, { write, disposeData });
  }
  return { peak, left: now };
}
