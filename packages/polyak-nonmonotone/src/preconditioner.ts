import type { NamedDirection } from '@overparam/core';

/** The direction rule that a method is meant for, as a backend takes it. */
export interface Preconditioner extends NamedDirection {
  readonly name: 'adagrad' | 'rmsprop' | 'adam' | 'amsgrad';
}

/** A method that says which direction rule its oracle has to be made with. */
export interface Preconditioned {
  readonly direction: Preconditioner;
}

/**
 * The rule with those of the options that it has: adagrad sums squared gradients, rmsprop averages them by beta2, adam
 * and amsgrad average gradients by beta1 as well.
 */
export function preconditioner(
  name: Preconditioner['name'],
  { beta1, beta2 }: { readonly beta1: number; readonly beta2: number },
): Preconditioner {
  const epsilon = 1e-8;
  if (name === 'adagrad') return { name, options: { epsilon } };
  return { name, options: name === 'rmsprop' ? { beta2, epsilon } : { beta1, beta2, epsilon } };
}
