import * as tf from '@tensorflow/tfjs';
import type { NamedArray } from './trainer.ts';

/** A tensor's content, copied out. */
export async function toNamedArray(name: string, tensor: tf.Tensor): Promise<NamedArray> {
  const data = (await tensor.data()) as unknown as NamedArray['data'];
  return { name, shape: tensor.shape, data: Array.isArray(data) ? data : (data as Float32Array).slice() };
}

export const toTensor = ({ shape, data }: NamedArray): tf.Tensor =>
  tf.tensor(data as Float32Array, [...shape], dtypeOf(data));

const dtypeOf = (data: NamedArray['data']): 'float32' | 'int32' | 'string' =>
  data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'string';
