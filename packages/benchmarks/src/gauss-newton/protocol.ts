/** Samples N, inputs d and hidden units M of a network with one hidden layer and one output. */
export interface Size {
  readonly samples: number;
  readonly inputs: number;
  readonly units: number;
}

/** What a process measured: milliseconds of each step, and its largest resident set in bytes. */
export interface Measured {
  readonly times: readonly number[];
  readonly peak: number;
}
