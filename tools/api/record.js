import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the API of a package's last release is kept. */
const pathOf = (folder) => join(folder, 'api.md');

export { pathOf as recordPath };

/**
 * The record of a release: which version, and the public declarations of each entry.
 * @param {string} name of the package
 * @param {string} version
 * @param {Record<string, string>} api by entry, see `apiOf`
 */
export const recordText = (name, version, api) =>
  [
    `# API of ${name} ${version}`,
    'What this version promises. `npm run check:api` compares the sources with it; `npm run api` writes it for a new version.',
    ...Object.entries(api).map(([entry, code]) => `## \`${name}${entry.slice(1)}\`\n\n\`\`\`ts\n${code}\n\`\`\``),
  ].join('\n\n') + '\n';

/**
 * @param {string} text of a record
 * @returns {{ version: string, api: Record<string, string> }}
 */
export function parseRecord(text) {
  const [, name, version] = /^# API of (\S+) (\S+)$/m.exec(text);
  const sections = text.matchAll(/^## `(.*)`\n\n```ts\n([\s\S]*?)\n```$/gm);
  return { version, api: Object.fromEntries([...sections].map(([, of, code]) => [`.${of.slice(name.length)}`, code])) };
}

/** The record in a package's folder; undefined where there is none. */
export function readRecord(folder) {
  const path = pathOf(folder);
  return existsSync(path) ? parseRecord(readFileSync(path, 'utf8')) : undefined;
}
