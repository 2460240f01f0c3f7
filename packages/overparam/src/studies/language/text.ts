import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { OverparamError } from '@overparam/core';
import { lines } from '@overparam/datasets';

/** Addresses on the state of the Union, 1790 to 1830: works of the United States Government, in the public domain. */
const BUNDLED = new URL('../../../data/state-of-the-union.txt.gz', import.meta.url);

/**
 * The text of a file, plain or gzip; without one, the included text. A line break ends each line.
 * @throws OverparamError `DATA_MISSING`, or what the reader says
 */
export async function readText(path: string | undefined): Promise<string> {
  if (
    path !== undefined &&
    !(await stat(path).then(
      (found) => found.isFile(),
      () => false,
    ))
  )
    // prettier-ignore
    throw new OverparamError(
      'DATA_MISSING',
      `${path} is not a file: --data takes a text, plain or gzip, such as wiki.train.tokens of WikiText-2. Without it, the included text is used.`,
    );
  const source = path === undefined ? await readFile(BUNDLED) : createReadStream(path);
  const parts: string[] = [];
  for await (const { text } of lines(source, { name: path ?? 'the included text', unterminated: true }))
    parts.push(text, '\n');
  return parts.join('');
}
