import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { locate } from './locate.ts';

const file = 'tfjs-backend-wasm-simd.wasm';

describe('locate in Node (browsers are tested in test/browser.test.ts)', () => {
  it.each([file, 'tfjs-backend-wasm.wasm'] as const)('finds %s beside tfjs', async (name) => {
    expect(existsSync(await locate(name, undefined))).toBe(true);
  });

  it('takes a folder, with or without a slash, as a path or a file: URL, and a map', async () => {
    const place = await locate(file, undefined);
    expect(await locate(file, dirname(place))).toBe(place);
    expect(await locate(file, `${dirname(place)}/`)).toBe(place);
    const address = pathToFileURL(place).href;
    expect(await locate(file, dirname(address))).toBe(address);
    expect(await locate(file, { [file]: place })).toBe(place);
  });

  it('says FILES_NOT_FOUND, what it tried and the remedy', async () => {
    await expect(locate(file, './no/such/folder')).rejects.toMatchObject({
      code: 'FILES_NOT_FOUND',
      message: expect.stringMatching(/no\/such\/folder\/tfjs-backend-wasm-simd\.wasm \(ENOENT\).*useWasm\(\{ paths/),
    });
    await expect(locate(file, { 'other.wasm': 'x' })).rejects.toMatchObject({
      code: 'FILES_NOT_FOUND',
      message: `paths names other.wasm, but not ${file}: add it.`,
    });
  });
});
