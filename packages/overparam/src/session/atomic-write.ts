import { open, rename, rm } from 'node:fs/promises';
import { OverparamError } from '@overparam/core';

/**
 * Writes a file whole or not at all: into a temporary file beside it, then renamed. What was there stays until then.
 * @throws OverparamError `UNWRITABLE`
 */
export async function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new OverparamError(
      'UNWRITABLE',
      `${path} could not be written (${(cause as Error).message}). What was there before is unchanged: make room or choose another folder with --out.`,
      { cause },
    );
  }
}
