import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folders = ['.github/workflows/', 'packages/create-overparam/templates/common/_github/workflows/'];
const uses = folders.flatMap((folder) => {
  const at = new URL(`../${folder}`, import.meta.url);
  return readdirSync(at).flatMap((file) =>
    [...readFileSync(new URL(file, at), 'utf8').matchAll(/uses: (.*)$/gm)].map(([, action]) => action!),
  );
});

it.each([...new Set(uses)])('%s is pinned to a commit, and says which release that is', (action) =>
  expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/),
);
