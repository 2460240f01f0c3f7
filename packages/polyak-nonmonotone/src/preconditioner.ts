/** The direction rule that a method is meant for, as a backend takes it. */
export interface Preconditioner {
  readonly name: 'adagrad' | 'rmsprop' | 'adam' | 'amsgrad';
  readonly options: {
    /** Of the mean of gradients; 0 for none. */
    readonly beta1: number;
    /** Of the mean of squared gradients; adagrad sums them. */
    readonly beta2: number;
    readonly epsilon: number;
  };
}

/** A method that says which direction rule its oracle has to be made with. */
export interface Preconditioned {
  readonly direction: Preconditioner;
}
