import { afterEach, describe, expect, it, vi } from 'vitest';
import { noSharedMemory, withSharedMemory } from './shared-memory.ts';

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const module = (...sections: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array([...header, ...sections.flat()]);

describe('withSharedMemory', () => {
  it('shares an imported memory, behind imports of any kind', () => {
    const name = [1, 0x61, 1, 0x62];
    const imports = [
      [...name, 0, 0],
      [...name, 1, 0x70, 1, 1, 2],
      [...name, 3, 0x7f, 0],
      [...name, 2, 1, 1, 128, 128, 4],
    ];
    const content = [imports.length, ...imports.flat()];
    const types = [1, 4, 1, 0x60, 0, 0];
    const bytes = module(types, [2, content.length, ...content]);
    expect(WebAssembly.validate(bytes)).toBe(true);
    const shared = withSharedMemory(bytes)!;
    expect(WebAssembly.validate(shared)).toBe(true);
    expect([...shared].filter((byte, i) => byte !== bytes[i])).toEqual([3]);
  });

  it.each([
    ['none', module()],
    ['two', module([5, 5, 2, 1, 1, 1, 0])],
    ['one without a maximum', module([5, 3, 1, 0, 1])],
  ])('gives up where there is %s', (_, bytes) => expect(withSharedMemory(bytes)).toBeUndefined());
});

describe('noSharedMemory', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('has nothing to say in Node', () => expect(noSharedMemory()).toBeUndefined());

  it('names the headers where a page is not isolated', () => {
    vi.stubGlobal('crossOriginIsolated', false);
    expect(noSharedMemory()).toContain('Cross-Origin-Opener-Policy: same-origin');
  });

  it('says so where the memory is refused', () => {
    vi.spyOn(WebAssembly, 'Memory').mockImplementationOnce(function () {
      throw new RangeError('could not allocate memory');
    });
    expect(noSharedMemory()).toContain('could not allocate memory');
  });
});
