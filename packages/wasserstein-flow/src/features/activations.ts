export interface Activation {
  readonly name: string;
  /** phi_i <- sigma(z_i), slope_i <- sigma'(z_i). */
  apply(z: Float64Array, phi: Float64Array, slope: Float64Array): void;
  /** True where sigma(c z) = c sigma(z) for c > 0. */
  readonly homogeneous?: boolean;
}

export type ActivationName = 'relu' | 'sigmoid' | 'tanh' | 'silu';

const logistic = (z: number): number => 1 / (1 + Math.exp(-z));

/** The activations that come with the package. relu' is 0 at 0. */
export const activations: Readonly<Record<ActivationName, Activation>> = {
  relu: {
    name: 'relu',
    homogeneous: true,
    apply(z, phi, slope) {
      for (let i = 0; i < z.length; i++) {
        const on = z[i]! > 0;
        phi[i] = on ? z[i]! : 0;
        slope[i] = on ? 1 : 0;
      }
    },
  },
  sigmoid: {
    name: 'sigmoid',
    apply(z, phi, slope) {
      for (let i = 0; i < z.length; i++) {
        phi[i] = logistic(z[i]!);
        slope[i] = phi[i]! * logistic(-z[i]!);
      }
    },
  },
  tanh: {
    name: 'tanh',
    apply(z, phi, slope) {
      for (let i = 0; i < z.length; i++) {
        phi[i] = Math.tanh(z[i]!);
        // 1 - tanh^2 without cancellation.
        slope[i] = 4 * logistic(2 * z[i]!) * logistic(-2 * z[i]!);
      }
    },
  },
  silu: {
    name: 'silu',
    apply(z, phi, slope) {
      for (let i = 0; i < z.length; i++) {
        const s = logistic(z[i]!);
        phi[i] = z[i]! * s;
        slope[i] = s + phi[i]! * logistic(-z[i]!);
      }
    },
  },
};
