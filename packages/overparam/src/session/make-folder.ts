import { mkdir } from 'node:fs/promises';
import { OverparamError } from '@overparam/core';

/** @throws OverparamError `UNWRITABLE` */
export async function makeFolder(out: string): Promise<void> {
  await mkdir(out, { recursive: true }).catch((cause: unknown) => {
    throw new OverparamError(
      'UNWRITABLE',
      `The folder ${out} cannot be made (${(cause as Error).message}): choose another with --out.`,
      { cause },
    );
  });
}
