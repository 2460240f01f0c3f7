import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OverparamError } from '@overparam/core';
import { checkName } from './package-name.ts';
import { template, type TemplateValues } from './template.ts';

export interface Scaffolding extends TemplateValues {
  /** Where the repository goes: a folder that is empty, or not there yet. */
  readonly folder: string;
}

/**
 * Writes a small repository, complete and ready to publish: source, tests, README, build, lint, CI and releases.
 *
 * @returns the paths of the files it wrote, in the folder
 * @throws OverparamError `BAD_NAME`, `NOT_EMPTY`; nothing is written then
 */
export async function scaffold({ kind, name, folder }: Scaffolding): Promise<string[]> {
  checkName(name);
  await checkEmpty(folder);
  const values = { kind, name };
  const files = { ...(await template('common', values)), ...(await template(kind, values)) };
  files['package.json'] = withOurVersions(files['package.json']!, await ownRanges());
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    // Fails rather than replaces, should the folder have filled meanwhile.
    await writeFile(file, text, { flag: 'wx' });
  }
  return Object.keys(files);
}

async function checkEmpty(folder: string): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code === 'ENOTDIR')
      throw new OverparamError('NOT_EMPTY', `${folder} is a file: choose another name or folder.`);
    throw error;
  }
  if (entries.some((entry) => entry !== '.git'))
    throw new OverparamError(
      'NOT_EMPTY',
      `${folder} is not empty (${entries[0]}, ...): choose another name or folder.`,
    );
}

type Ranges = Readonly<Record<string, string>>;

/** The versions of overparam that this package was released with. */
async function ownRanges(): Promise<Ranges> {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { dependencies: Ranges }).dependencies;
}

function withOurVersions(text: string, ranges: Ranges): string {
  const manifest = JSON.parse(text) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
  for (const list of [manifest.dependencies, manifest.devDependencies])
    for (const name of Object.keys(list)) list[name] = ranges[name] ?? list[name]!;
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
