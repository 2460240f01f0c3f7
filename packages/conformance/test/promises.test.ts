import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { backendPromises } from '../src/promises-of-backends.ts';
import { directionPromises } from '../src/promises-of-directions.ts';
import { flowPromises } from '../src/promises-of-flows.ts';
import { rulePromises, searchPromises } from '../src/promises-of-line-searches.ts';
import { methodPromises } from '../src/promises-of-methods.ts';
import { brokenBackends } from './broken-backends.ts';
import { brokenDirections } from './broken-directions.ts';
import { brokenFlows } from './broken-flows.ts';
import { brokenRules, brokenSearches } from './broken-line-searches.ts';
import { brokenMethods } from './broken-methods.ts';

const root = new URL('../../../', import.meta.url);
const plain = (text: string): string =>
  text
    .replace(/^\s*(\*|-|\/\*\*)\s/gm, ' ')
    .replace(/\{@link (\w+)\}/g, '$1')
    .replaceAll('\\|', '|')
    .replaceAll(/\s+/g, ' ');
const page = (path: string): string => plain(readFileSync(new URL(path, root), 'utf8'));

/** '@overparam/core, src/oracle.ts, Oracle.probe' or '@overparam/core, README, "The oracle"': a file, and words in it. */
function placeOf(where: string): { readonly file: string; readonly words: readonly string[] } {
  const [first, ...rest] = where.split(', ');
  const parts = first!.startsWith('@') ? [`packages/${first!.replace('@overparam/', '')}/${rest[0]}`, ...rest.slice(1)] : [first!, ...rest]; // prettier-ignore
  const file = parts[0]!.replace(/README$/, 'README.md');
  return { file, words: parts.slice(1).flatMap((part) => part.replaceAll('"', '').split('.')) };
}

const all = {
  methods: methodPromises,
  backends: backendPromises,
  directions: directionPromises,
  searches: searchPromises,
  rules: rulePromises,
  flows: flowPromises,
};
const written = Object.entries(all).flatMap(([kind, table]) =>
  Object.entries(table).map(([id, { says, where }]) => ({ kind, id, says, where })),
);

describe('a promise', () => {
  it.each(written)('is written where it says: $kind, $id', ({ says, where }) => {
    const { file, words } = placeOf(where);
    const text = page(file);
    expect(text).toContain(plain(says));
    for (const word of words) expect(text).toContain(word);
  });

  it('stands in the README, with what breaks it', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    for (const broken of [brokenMethods, brokenBackends, brokenDirections, brokenSearches, brokenRules, brokenFlows])
      for (const [id, { how }] of Object.entries(broken)) {
        const row = readme
          .split('\n')
          .find((line) => line.startsWith(`| \`${id}\``) && line.includes(how.replaceAll('|', '\\|')));
        expect(row, `the row of '${id}': ${how}`).toBeDefined();
      }
  });
});
