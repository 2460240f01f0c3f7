import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this repository. */
export const root = fileURLToPath(new URL('../', import.meta.url));

export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * The packages that are published, in alphabetical order of their folders.
 * @param {string} [workspace] the root of a checkout
 */
export function publicPackages(workspace = root) {
  const packages = join(workspace, 'packages');
  return readdirSync(packages)
    .map((name) => ({ name, folder: join(packages, name) }))
    .filter(({ folder }) => existsSync(join(folder, 'package.json')))
    .map(({ name, folder }) => ({ name, folder, manifest: readJson(join(folder, 'package.json')) }))
    .filter(({ manifest }) => !manifest.private);
}
