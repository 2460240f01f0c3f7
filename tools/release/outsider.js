import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../packages.js';
import { codeBlocks } from './examples.js';
import { run, show } from './run.js';

const GUIDE = join(root, 'docs/write-a-method.md');
const MOST_LINES = 60;

/**
 * Does what someone does who has never seen this repository: from an empty folder, `create-overparam`, the method of the
 * guide instead of the generated one, and all checks pass. And a backend, as generated.
 * @param {object} how
 * @param {string} how.folder to be made
 * @param {(name: string, kind: 'method' | 'backend') => void} how.create runs create-overparam in that folder
 * @param {(repository: string) => void} how.install installs a new repository
 */
export function outsider({ folder, create, install }) {
  mkdirSync(folder, { recursive: true });
  const green = (repository) => {
    install(repository);
    for (const script of ['build', 'lint', 'test']) show(repository, 'npm', 'run', script);
    const [{ files }] = JSON.parse(run(repository, 'npm', 'pack', '--dry-run', '--json'));
    for (const expected of ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts'])
      if (!files.some(({ path }) => path === expected)) throw new Error(`${repository} would publish no ${expected}`);
  };

  create('barzilai-borwein', 'method');
  const method = join(folder, 'barzilai-borwein');
  const own = codeBlocks(readFileSync(GUIDE, 'utf8')).filter(({ file }) => file && file !== 'src/use.ts');
  for (const { file, code } of own) writeFileSync(join(method, file), code);
  const lines = own.reduce((sum, { file, code }) => sum + (file.endsWith('.test.ts') ? 0 : code.trimEnd().split('\n').length), 0); // prettier-ignore
  if (lines > MOST_LINES) throw new Error(`the method of the guide has ${lines} lines, and ${MOST_LINES} at most`);
  console.log(`the method of the guide: ${lines} lines of own code`);
  green(method);

  create('my-backend', 'backend');
  green(join(folder, 'my-backend'));
}
