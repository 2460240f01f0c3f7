// @ts-check
import { mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const core = join(dirname(require.resolve('@tensorflow/tfjs-core/package.json')), 'dist');

/** The specs of the operations, of the gradients and of the optimisers: everything that computes. */
function specFiles() {
  const files = readdirSync(core, { recursive: true, encoding: 'utf8' }).map((file) => file.split(sep).join('/'));
  return files
    .filter((file) => file === 'gradients_test.js' || /^(ops|optimizers)\/.*_test\.js$/.test(file))
    .sort()
    .map((file) => `${core}/${file}`);
}

/**
 * One module that sets the backend up and then imports every spec. tfjs's packages say that they have no side effects,
 * so without `ignoreAnnotations` the specs and the registration of gradients would be shaken away.
 */
export async function bundleSpecs() {
  const folder = join(here, '../../node_modules/.cache/tfjs-specs');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'specs.mjs');
  await build({
    stdin: {
      contents:
        ['./setup.js', ...specFiles()].map((file) => `import ${JSON.stringify(file)};`).join('\n') +
        `\nexport { runSpecs } from './setup.js';`,
      resolveDir: here,
      loader: 'js',
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    conditions: ['@overparam/source'],
    ignoreAnnotations: true,
    banner: {
      js: `import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);`,
    },
    define: { __dirname: JSON.stringify(folder), __filename: JSON.stringify(outfile) },
    logLevel: 'error',
  });
  return outfile;
}
