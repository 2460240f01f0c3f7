import {
  cast,
  customGrad,
  engine,
  getBackend,
  getKernel,
  mul,
  type Tensor,
  tensor,
  tidy,
  util,
  where,
} from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { murmur3 } from './murmur3.ts';

/**
 * Dropout (JMLR 15, 2014, p. 1929): x / (1 - rate) where an element is kept, 0 where it is dropped, NaN too. Element i is kept
 * where murmur3(i, seed) >= rate 2^32: the mask is a function of the seed and the index alone, the same on every backend, so
 * the gradient draws it again and nothing is stored. Take another seed for each step and each layer.
 *
 * @param x any shape; the result is float32
 * @param rate the probability that an element is dropped, 0 <= rate < 1
 * @param seed an integer, 0 <= seed < 2^32
 * @throws WasmError BAD_OPTION where rate or seed is out of its range
 */
export function dropout(x: Tensor, rate: number, seed: number): Tensor {
  if (!(rate >= 0 && rate < 1)) throw badOption('rate', rate, 'a number from 0 to below 1');
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    throw badOption('seed', seed, 'an integer from 0 to 4294967295');
  // A rate within 2^-33 of 1 would round to a threshold of 33 bits.
  const threshold = Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1);
  const attributes = { seed, threshold, scale: 1 / (1 - rate) };
  return tidy(() => {
    const floats = cast(x, 'float32');
    return getKernel('OverparamDropout', getBackend())
      ? engine().runKernel<Tensor>('OverparamDropout', { x: floats }, attributes)
      : composed(floats, attributes);
  });
}

function composed(x: Tensor, attributes: Readonly<Record<'seed' | 'threshold' | 'scale', number>>): Tensor {
  const { seed, threshold, scale } = attributes;
  return customGrad((input) => {
    const x = input as Tensor;
    const kept = Uint8Array.from({ length: util.sizeFromShape(x.shape) }, (_, i) =>
      murmur3(i, seed) >= threshold ? 1 : 0,
    );
    return {
      value: where(tensor(kept, x.shape, 'bool'), mul(x, scale), 0),
      gradFunc: (dy: Tensor) => composed(dy, attributes),
    };
  })(x);
}

function badOption(name: string, value: unknown, takes: string): WasmError {
  return new WasmError('BAD_OPTION', `${name} is ${String(value)}: it takes ${takes}.`);
}
