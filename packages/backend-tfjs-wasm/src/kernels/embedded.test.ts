import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { embedded } from '../../scripts/compile.js';

it('the embedded bytes are those that assembly/ compiles to', async () => {
  const committed = readFileSync(new URL('./embedded.ts', import.meta.url), 'utf8');
  const base64 = (text: string): string[] => [...text.matchAll(/'([A-Za-z0-9+/=]+)'/g)].map(([, bytes]) => bytes!);
  expect(base64(committed)).toEqual(base64(await embedded()));
});
