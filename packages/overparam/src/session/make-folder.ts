import { mkdir } from 'node:fs/promises';
import { OverparamError } from '@overparam/core';

/**
 * @returns the first of the folders that were made; undefined where the folder was there
 * @throws OverparamError `UNWRITABLE`
 */
export async function makeFolder(out: string): Promise<string | undefined> {
  try {
    return await mkdir(out, { recursive: true });
  } catch (cause) {
    throw unwritable(out, cause);
  }
}

export const unwritable = (folder: string, cause: unknown): OverparamError =>
  new OverparamError(
    'UNWRITABLE',
    `The folder ${folder} cannot be written to (${(cause as Error).message}): choose another with --out.`,
    { cause },
  );
