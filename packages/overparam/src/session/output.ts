import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/core';
import { writeAtomically } from './atomic-write.ts';

/** What a command leaves in its folder when it is finished. */
export interface Output {
  /** The content of results.json. */
  readonly results: object;
  /** HTML */
  readonly report: string;
  /** SVG */
  readonly picture: string;
}

/** results.json is written first: where it is ours, so are the others. */
const FILES = ['results.json', 'report.html', 'picture.svg'] as const;

/** Whose results they are, by the format that results.json names. */
const KINDS: ReadonlyMap<unknown, Kind> = new Map([
  ['overparam-results', 'run'],
  ['overparam-study', 'run'],
  ['overparam-sweep', 'sweep'],
  ['overparam-demo', 'demo'],
]);
type Kind = 'run' | 'sweep' | 'demo';

/** Writes the three files. @throws OverparamError `UNWRITABLE` */
export async function writeOutput(out: string, { results, report, picture }: Output): Promise<void> {
  const contents = [`${JSON.stringify(results)}\n`, report, picture];
  for (const [i, name] of FILES.entries()) await writeAtomically(join(out, name), contents[i]!);
}

/**
 * Whether a command of this kind has finished in that folder before.
 * @throws OverparamError `FOLDER_FOREIGN` where the folder holds files of these names that something else wrote: they would
 *   be lost
 */
export async function isFinished(out: string, kind: Kind): Promise<boolean> {
  const there = FILES.find((name) => existsSync(join(out, name)));
  if (there === undefined) return false;
  const owner = KINDS.get(await formatOf(join(out, 'results.json')));
  if (owner === kind) return true;
  throw new OverparamError(
    'FOLDER_FOREIGN',
    owner === undefined
      ? `${out} holds a ${there} that overparam did not write, and does not overwrite: choose another folder with --out.`
      : `${out} holds the results of overparam ${owner}: choose another folder with --out.`,
  );
}

/**
 * @param overwrite what `--overwrite` says
 * @throws OverparamError `RESULTS_EXIST` where results would be lost; `FOLDER_FOREIGN`
 */
export async function refuseToLose(out: string, kind: Kind, overwrite: boolean | undefined): Promise<void> {
  if ((await isFinished(out, kind)) && !overwrite)
    throw new OverparamError(
      'RESULTS_EXIST',
      `${out} holds the results of a finished ${kind}: --overwrite replaces them, --out names another folder.`,
    );
}

/** Removes the files of {@link writeOutput}. @throws OverparamError `FOLDER_FOREIGN` */
export async function removeOutput(out: string, kind: Kind): Promise<void> {
  if (await isFinished(out, kind)) for (const name of FILES.toReversed()) await rm(join(out, name), { force: true });
}

async function formatOf(path: string): Promise<unknown> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as { format?: unknown } | null)?.format;
  } catch {
    return undefined;
  }
}
