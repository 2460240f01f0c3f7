import { sigmoid, softplus } from './sigmoid.ts';

/** s(z) and s'(z). */
export interface Activation {
  readonly value: (z: number) => number;
  readonly slope: (z: number) => number;
}

export type ActivationName = 'linear' | 'relu' | 'sigmoid' | 'silu' | 'softplus' | 'tanh';

/** Activations by name. */
export const activations: Readonly<Record<ActivationName, Activation>> = {
  linear: { value: (z) => z, slope: () => 1 },
  relu: { value: (z) => (z > 0 ? z : 0 * z), slope: (z) => (z > 0 ? 1 : 0) },
  sigmoid: { value: sigmoid, slope: (z) => sigmoid(z) * sigmoid(-z) },
  /** z sigmoid(z), also known as swish. */
  silu: {
    value: (z) => z * sigmoid(z),
    slope: (z) => {
      const p = sigmoid(z);
      return p * (1 + z * sigmoid(-z));
    },
  },
  softplus: { value: softplus, slope: sigmoid },
  tanh: { value: Math.tanh, slope: (z) => 1 - Math.tanh(z) ** 2 },
};
