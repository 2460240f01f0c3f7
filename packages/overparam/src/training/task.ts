/** Samples in memory: row i of `inputs` has the class `labels[i]`. */
export interface Samples {
  readonly count: number;
  /** Shape [count, features]. */
  readonly inputs: Float32Array;
  readonly labels: Uint8Array;
}

/** What there is to learn. */
export interface Task {
  readonly features: number;
  /** 2: one output, trained with the binary cross-entropy of its logit. More: one output each, with the softmax's. */
  readonly classes: number;
  readonly train: Samples;
  readonly test: Samples;
  /** Of all samples, so that a run is not resumed on other data. */
  readonly sha256: string;
}

export const outputsOf = ({ classes }: { readonly classes: number }): number => (classes === 2 ? 1 : classes);
