import * as tf from '@tensorflow/tfjs';

/** A tensor's content as text that JSON carries, to the bit. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Base64 of float32 numbers, little-endian; or strings. */
  readonly data: string | readonly string[];
}

export function stored(name: string, tensor: tf.Tensor): StoredTensor {
  const data = tensor.dataSync() as Float32Array | readonly string[];
  const text = (numbers: Float32Array): string =>
    Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
  return { name, shape: tensor.shape, data: data instanceof Float32Array ? text(data) : [...data] };
}

export function unstored({ shape, data }: StoredTensor): tf.Tensor {
  if (typeof data !== 'string') return tf.tensor([...data], [...shape], 'string');
  // A copy, because a typed array begins at a multiple of its numbers' size.
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
  return tf.tensor(new Float32Array(bytes.buffer), [...shape], 'float32');
}
