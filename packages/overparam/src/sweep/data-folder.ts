import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { OverparamError } from '@overparam/core';

/**
 * Where the data of that name are, which are in the data folder or nowhere: links that lead out of it are not followed.
 * @throws OverparamError `DATA_OUTSIDE`, `DATA_MISSING`
 */
export async function dataIn(folder: string | undefined, name: string): Promise<string> {
  const shown = JSON.stringify(name);
  if (folder === undefined)
    throw new OverparamError('DATA_MISSING', `The run needs data, ${shown}, and there is no data folder: name one with --data.`); // prettier-ignore
  const outside = new OverparamError(
    'DATA_OUTSIDE',
    `${shown} is not the name of a file in the data folder ${folder}.`,
  );
  if (!/^[\w][\w.-]*(?:\/[\w][\w.-]*)*$/.test(name)) throw outside;
  const missing = (cause: unknown): never => {
    throw new OverparamError('DATA_MISSING', `There is no ${shown} in the data folder ${folder}.`, { cause });
  };
  const root = await realpath(folder).catch(missing);
  const path = await realpath(join(root, name)).catch(missing);
  if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) throw outside;
  return path;
}
