import { badOption, type Matrix } from '@overparam/core';
import type { Kernel } from './hadamard.ts';

export const asMatrix = ({ data, samples, outputs }: Kernel): Matrix => ({
  rows: samples * outputs,
  columns: samples * outputs,
  data,
});

/** @throws OverparamError `BAD_OPTION` */
export function checkSamples(chosen: readonly number[] | undefined, samples: number): void {
  for (const n of chosen ?? [])
    if (!Number.isInteger(n) || n < 0 || n >= samples)
      throw badOption('samples', n, `whole numbers from 0 to ${samples - 1}`);
}
