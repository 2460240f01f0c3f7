import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { baseOf, identifierOf } from './package-name.ts';
import type { Kind } from './kind.ts';

/** The values that replace the placeholders of a template. */
export interface TemplateValues {
  readonly kind: Kind;
  /** Of the package, with its scope. */
  readonly name: string;
}

/** `common` is what only a repository of its own has. */
export type TemplateFolder = Kind | 'common';

const templates = fileURLToPath(new URL('../templates/', import.meta.url));

/**
 * The files of a template by their path, filled in. Templates are working code of a package `my-method` or `my-backend`:
 * those words, and `my-name` for the package's full name, are replaced. npm does not pack files such as `.gitignore`,
 * and would treat a nested `package.json` as its own: in templates their names begin with `_`.
 */
export async function template(
  folder: TemplateFolder,
  { kind, name }: TemplateValues,
): Promise<Record<string, string>> {
  const [base, camel] = [baseOf(name), identifierOf(name)];
  const pascal = camel.charAt(0).toUpperCase() + camel.slice(1);
  const words: Record<string, string> = {
    [`my-${kind}`]: base,
    [kind === 'method' ? 'myMethod' : 'myBackend']: camel,
    [kind === 'method' ? 'MyMethod' : 'MyBackend']: pascal,
    'my-name': name,
    'my-kind': kind,
    'my-year': String(new Date().getFullYear()),
  };
  const fill = (text: string): string =>
    text.replaceAll(/\bmy-(?:method|backend|name|kind|year)\b|[mM]y(?:Method|Backend)/g, (word) => words[word] ?? word);

  const root = join(templates, folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const read = files.sort().map(async (file): Promise<[string, string]> => {
    const path = file.slice(root.length + 1).split(sep).map((part) => part.replace(/^_(?=package\.json$)/, '').replace(/^_/, '.')).join('/'); // prettier-ignore
    return [fill(path), fill(await readFile(file, 'utf8'))];
  });
  return Object.fromEntries(await Promise.all(read));
}
