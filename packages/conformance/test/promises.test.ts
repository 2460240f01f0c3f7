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
const page = (path: string): string => readFileSync(new URL(path, root), 'utf8');

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
  it.each(written)('names a place that exists: $kind, $id', ({ where }) => {
    const { file, words } = placeOf(where);
    const text = page(file);
    for (const word of words) expect(text).toContain(word);
  });

  it('is in the README, with what breaks it', () => {
    const rows = page('packages/conformance/README.md').split('\n');
    const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/ +/g, ' ');
    const broken = { methods: brokenMethods, backends: brokenBackends, directions: brokenDirections, searches: brokenSearches, rules: brokenRules, flows: brokenFlows }; // prettier-ignore
    for (const [kind, table] of Object.entries(broken))
      for (const [id, { how }] of Object.entries(table)) {
        const { says } = all[kind as keyof typeof all][id]!;
        expect(rows).toContain(`| \`${id}\` | ${cell(says)} | ${cell(how)} |`);
      }
  });
});
