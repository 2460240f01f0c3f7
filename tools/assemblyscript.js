import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

/**
 * A folder's `index.ts`, compiled to a module with SIMD that works in a memory it imports.
 * @param {URL} folder
 * @param {readonly string[]} [options] more options of `asc`
 * @returns {Promise<Uint8Array>}
 */
export async function compileAssembly(folder, options = []) {
  const path = fileURLToPath(folder);
  let binary;
  const { error, stderr } = await asc.main(
    ['index.ts', '-O3', '--runtime', 'stub', '--noAssert', '--importMemory', '--initialMemory', '1']
      .concat(['--maximumMemory', '65536', '--enable', 'simd', '--outFile', 'kernels.wasm'])
      .concat(options),
    {
      readFile: (name) => {
        try {
          return readFileSync(`${path}${name}`, 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (_name, contents) => void (binary = contents),
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`asc failed: ${error.message}\n${stderr}`);
  return binary;
}
