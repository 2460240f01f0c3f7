import { compileAssembly } from '../../../tools/assemblyscript.js';

/**
 * The kernels, compiled: with plain SIMD, or with relaxed SIMD (fused multiply-add).
 * @param {{ relaxed: boolean }} build
 * @returns {Promise<Uint8Array>}
 */
export async function compile({ relaxed }) {
  const options = relaxed ? ['--enable', 'relaxed-simd'] : [];
  const binary = await compileAssembly(new URL('../assembly/', import.meta.url), options);
  // The module shares the memory of tfjs: a data segment of its own would overwrite somebody's tensor.
  if (sections(binary).includes(11)) throw new Error('The kernels hold static data; they must have none.');
  return binary;
}

/** The ids of a module's sections, in order. */
function sections(binary) {
  const ids = [];
  for (let at = 8; at < binary.length;) {
    ids.push(binary[at++]);
    let size = 0;
    for (let shift = 0, byte = 128; byte & 128; shift += 7) size |= ((byte = binary[at++]) & 127) << shift;
    at += size;
  }
  return ids;
}

/**
 * The generated file that embeds both builds.
 * @returns {Promise<string>}
 */
export async function embedded() {
  const [simd, relaxed] = [await compile({ relaxed: false }), await compile({ relaxed: true })];
  const base64 = (binary) => Buffer.from(binary).toString('base64');
  return `// Generated from assembly/ by \`npm run asbuild\`.
export const simd: string =
  '${base64(simd)}';
export const relaxedSimd: string =
  '${base64(relaxed)}';
`;
}
