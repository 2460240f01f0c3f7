import * as tf from '@tensorflow/tfjs';
import { normal, random } from '../training/random.ts';

/** A trainable tensor of a model, by a name that is the model's own. */
export interface Parameter {
  readonly name: string;
  readonly variable: tf.Variable;
}

/** Makes the parameters of a model one after the other. */
export interface ParameterMaker {
  /** From N(0, deviation^2). */
  gaussian(name: string, shape: readonly number[], deviation: number): tf.Variable;
  constant(name: string, shape: readonly number[], value: number): tf.Variable;
  readonly made: readonly Parameter[];
}

export function parameterMaker(seed: number): ParameterMaker {
  const next = normal(random(seed));
  const made: Parameter[] = [];
  const make = (name: string, shape: readonly number[], value: () => number): tf.Variable => {
    const values = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, value);
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, [...shape])));
    made.push({ name, variable });
    return variable;
  };
  return {
    made,
    gaussian: (name, shape, deviation) => make(name, shape, () => deviation * next()),
    constant: (name, shape, value) => make(name, shape, () => value),
  };
}
