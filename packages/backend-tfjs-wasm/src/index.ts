export { createKernelHost, type KernelHost } from './kernels/host.ts';
export { registerKernels } from './kernels/register.ts';
export { registerGradients } from './gradients/register.ts';
export { useWasm, type WasmChoice, type WasmOptions } from './use-wasm.ts';
export { type WasmPaths } from './locate.ts';
export { WasmError, type WasmErrorCode } from './error.ts';
export { gelu, silu } from './ops/activations.ts';
export { layerNorm } from './ops/layer-norm.ts';
