import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const assembly = fileURLToPath(new URL('../assembly/', import.meta.url));

/**
 * The kernels, compiled.
 * @returns {Promise<Uint8Array>}
 */
export async function compile() {
  let binary;
  const { error, stderr } = await asc.main(
    ['index.ts', '-O3', '--runtime', 'stub', '--noAssert', '--importMemory', '--initialMemory', '1']
      .concat(['--maximumMemory', '65536', '--enable', 'simd', '--outFile', 'kernels.wasm'])
      .concat(['--noExportMemory']),
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
