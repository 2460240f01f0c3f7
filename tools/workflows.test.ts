import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folders = ['.github/workflows/', 'packages/create-overparam/templates/common/_github/workflows/'];
const workflows = folders.flatMap((folder) => {
  const at = new URL(`../${folder}`, import.meta.url);
  return readdirSync(at).map((file) => ({ name: `${folder}${file}`, text: readFileSync(new URL(file, at), 'utf8') }));
});
const uses = workflows.flatMap(({ text }) => [...text.matchAll(/uses: (.*)$/gm)].map(([, action]) => action!));

it.each([...new Set(uses)])('%s is pinned to a commit, and says which release that is', (action) =>
  expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/),
);

it.each(workflows)('$name fetches no npm without an exact version', ({ text }) => {
  for (const [, version] of text.matchAll(/npm install --global npm@(\S+)/g))
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

describe.each(workflows.filter(({ name }) => name.endsWith('release.yml')))('$name', ({ text }) => {
  const jobs = [...text.slice(text.indexOf('\njobs:')).matchAll(/^ {2}(\w+):\n((?: {4}.*\n|\n)+)/gm)].map(
    ([, name, body]) => ({ name: name!, body: body! }),
  );
  const publishing = jobs.filter(({ body }) => /id-token/.test(body));

  it('lets one job publish, and that job runs nothing that was installed', () => {
    expect(jobs.map(({ name }) => name)).toEqual(expect.arrayContaining(['version', 'pack', 'publish']));
    expect(publishing.map(({ name }) => name)).toEqual(['publish']);
    const [{ body }] = publishing as [(typeof jobs)[number]];
    expect(body).not.toMatch(/actions\/checkout|npm (ci|install|i|run|test|exec)|npx|node |corepack|cache:|contents:/);
    expect(body).toMatch(/needs: pack\n/);
    expect(body).toMatch(/node-version: \d+\.\d+\.\d+/);
    expect(body).toMatch(/npm publish \S+ --ignore-scripts --provenance/);
  });

  it('gives no job a right by default, and no secret to the job that packs', () => {
    expect(text).toMatch(/^permissions: \{\}$/m);
    const { body } = jobs.find(({ name }) => name === 'pack')!;
    expect(body).toContain('permissions: { contents: read }');
    expect(body).not.toMatch(/secrets\./);
    expect(body).toMatch(/npm test|\.ci\/run/);
  });
});
