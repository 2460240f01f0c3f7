import { compileAssembly } from '../../../tools/assemblyscript.js';

/**
 * The kernels, compiled.
 * @returns {Promise<Uint8Array>}
 */
export async function compile() {
  const binary = await compileAssembly(new URL('../assembly/', import.meta.url), ['--noExportMemory']);
  // Until version 114, Chromium compiled no more than this at once on the main thread.
  if (binary.length > 4096) throw new Error(`The kernels have ${binary.length} bytes: more than 4096.`);
  return binary;
}

/**
 * The generated file that embeds them.
 * @returns {Promise<string>}
 */
export async function embedded() {
  return `// Generated from assembly/ by \`npm run asbuild\`.
export const binary: string =
  '${Buffer.from(await compile()).toString('base64')}';
`;
}
