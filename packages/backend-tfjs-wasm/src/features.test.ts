import { afterEach, describe, expect, it, vi } from 'vitest';
import { assertWasmAllowed, hasRelaxedSimd, hasSimd } from './features.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('features of the engine', () => {
  it('finds the SIMD that every supported Node has', () => {
    expect(hasSimd()).toBe(true);
  });

  it('finds relaxed SIMD where Node has it: from 22 on, or behind its flag', () => {
    const flag = process.execArgv.some((option) => option.includes('wasm-relaxed-simd'));
    expect(hasRelaxedSimd()).toBe(Number(process.versions.node.split('.')[0]) >= 22 || flag);
  });

  it('says WASM_UNAVAILABLE where there is no WebAssembly', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    await expect(assertWasmAllowed()).rejects.toMatchObject({
      code: 'WASM_UNAVAILABLE',
      message: expect.stringContaining('cpu backend'),
    });
  });

  it('says WASM_FORBIDDEN where compiling is refused, with the cause', async () => {
    const refusal = new WebAssembly.CompileError("'wasm-unsafe-eval' is not an allowed source of script");
    vi.spyOn(WebAssembly, 'compile').mockRejectedValue(refusal);
    await expect(assertWasmAllowed()).rejects.toMatchObject({ code: 'WASM_FORBIDDEN', cause: refusal });
  });
});
