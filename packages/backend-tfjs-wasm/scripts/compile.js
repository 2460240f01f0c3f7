import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const assembly = fileURLToPath(new URL('../assembly/', import.meta.url));

/**
 * The kernels, compiled: with plain SIMD, or with relaxed SIMD (fused multiply-add).
 * @param {{ relaxed: boolean }} build
 * @returns {Promise<Uint8Array>}
 */
export async function compile({ relaxed }) {
  let binary;
  const { error, stderr } = await asc.main(
    ['index.ts', '-O3', '--runtime', 'stub', '--noAssert', '--importMemory', '--initialMemory', '1']
      .concat(['--maximumMemory', '65536', '--enable', 'simd', '--outFile', 'kernels.wasm'])
      .concat(relaxed ? ['--enable', 'relaxed-simd'] : []),
    {
      readFile: (name) => {
        try {
          return readFileSync(`${assembly}${name}`, 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (_name, contents) => void (binary = contents),
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`asc failed: ${error.message}\n${stderr}`);
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
