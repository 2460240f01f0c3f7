import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, root } from '../packages.js';
import { checkSaid } from './examples.js';
import { runBeside, show, sideBySide } from './run.js';

/** What a project of a user has beside ours, in the versions that this repository is tested with. */
export const versions = readJson(join(root, 'package.json')).devDependencies;

/**
 * An empty project, as a user starts one.
 * @param {string} folder to be made
 * @param {string} [registry] to install from; npm's own otherwise
 */
export function userProject(folder, registry) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'a-user', private: true, type: 'module' }));
  if (registry) writeFileSync(join(folder, '.npmrc'), `registry=${registry}\n`);

  return {
    folder,
    /** @param {readonly string[]} specs what to install: names, names with versions, tarballs */
    install: (specs) => show(folder, 'npm', 'install', '--no-fund', '--no-audit', '--loglevel=error', ...specs),

    /** @param {Record<string, string>} files by path */
    write(files) {
      for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
    },

    /**
     * Compiles the folder's TypeScript, strictly.
     * @param {'node16' | 'bundler'} moduleResolution
     * @param {readonly string[]} [types]
     */
    compile(moduleResolution, types = ['node']) {
      const module = moduleResolution === 'bundler' ? 'esnext' : moduleResolution;
      const compilerOptions = { target: 'es2022', strict: true, skipLibCheck: true, types, module, moduleResolution };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
      show(folder, 'npx', 'tsc');
    },

    /**
     * Runs compiled examples, and compares what they print with what they say.
     * @param {readonly { name: string, code: string }[]} examples
     * @param {string} [where] the folder of the compiled files
     */
    runExamples: (examples, where = '.') =>
      sideBySide(examples, async (example) => {
        checkSaid(example, await runBeside(folder, 'node', join(where, `${example.name}.js`)));
        console.log(`> ${example.name}`);
      }),
  };
}
