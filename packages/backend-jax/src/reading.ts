import type { Answer } from '@overparam/core';
import type { Array as JaxArray } from '@jax-js/jax';

/** A computation that reads arrays back from the device: it yields an array, which is consumed, and gets its numbers. */
export type Reading<T> = Generator<JaxArray, T, Float64Array>;

/** The numbers of an array, which is consumed. */
export function* read(array: JaxArray): Reading<Float64Array> {
  return yield array;
}

/** Runs a reading to its end and blocks at each read: for devices `cpu` and `wasm`. */
export function atOnce<T>(reading: Reading<T>): T {
  let next = reading.next();
  while (!next.done) {
    let numbers: Float64Array;
    try {
      numbers = Float64Array.from(next.value.dataSync());
    } catch (error) {
      next = reading.throw(error);
      continue;
    }
    next = reading.next(numbers);
  }
  return next.value;
}

/** Runs a reading to its end and waits for each read: for GPUs. */
export async function later<T>(reading: Reading<T>): Promise<T> {
  let next = reading.next();
  while (!next.done) {
    let numbers: Float64Array;
    try {
      numbers = Float64Array.from(await next.value.data());
    } catch (error) {
      next = reading.throw(error);
      continue;
    }
    next = reading.next(numbers);
  }
  return next.value;
}

/** A question that reads, answered by one of the two drivers. */
export type Answering = <A extends unknown[], T>(question: (...about: A) => Reading<T>) => (...about: A) => Answer<T>;

export const answering =
  (asynchronous: boolean): Answering =>
  (question) =>
  (...about) =>
    asynchronous ? later(question(...about)) : atOnce(question(...about));
