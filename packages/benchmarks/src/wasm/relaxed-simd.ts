import { setFlagsFromString } from 'node:v8';

// Node 20 knows relaxed SIMD, but leaves it off; the flag must be set before the first module is compiled.
if (Number(process.versions.node.split('.')[0]) < 22) setFlagsFromString('--experimental-wasm-relaxed-simd');
