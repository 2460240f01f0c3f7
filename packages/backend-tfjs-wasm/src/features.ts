import { WasmError } from './error.ts';

// Each module is one function of type (v128) -> v128, the shortest that needs the instruction.
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const typeAndFunction = [0x01, 0x06, 0x01, 0x60, 0x01, 0x7b, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00];
const local0 = [0x20, 0x00];
const f32x4Add = [0xfd, 0xe4, 0x01];
const f32x4RelaxedMadd = [0xfd, 0x85, 0x02];

function moduleOf(code: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0x00, ...code, 0x0b];
  return new Uint8Array([...header, ...typeAndFunction, 0x0a, body.length + 2, 0x01, body.length, ...body]);
}

const simdModule = moduleOf([...local0, ...local0, ...f32x4Add]);
const relaxedSimdModule = moduleOf([...local0, ...local0, ...local0, ...f32x4RelaxedMadd]);

/** Whether this engine knows fixed-width SIMD. */
export const hasSimd = (): boolean => WebAssembly.validate(simdModule);

/** Whether this engine knows relaxed SIMD, that is fused multiply-add: Node 22 and later, Chrome 114 and later. */
export const hasRelaxedSimd = (): boolean => WebAssembly.validate(relaxedSimdModule);

/**
 * Resolves when WebAssembly can be compiled here.
 * @throws WASM_UNAVAILABLE where the engine has none, WASM_FORBIDDEN where the page's content security policy forbids it.
 */
export async function assertWasmAllowed(): Promise<void> {
  if (typeof WebAssembly !== 'object')
    throw new WasmError(
      'WASM_UNAVAILABLE',
      'This JavaScript engine has no WebAssembly (a browser in lockdown mode, or node --jitless): use the tfjs cpu backend here.',
    );
  try {
    await WebAssembly.compile(new Uint8Array(header));
  } catch (cause) {
    throw new WasmError(
      'WASM_FORBIDDEN',
      `The content security policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src. The engine says: ${(cause as Error).message}`,
      { cause },
    );
  }
}
