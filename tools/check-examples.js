// Does what the authors of `examples/outsider-*` do: outside of this workspace, and from tarballs of our packages alone,
// installs their packages, compiles them and runs their tests. Their methods and backends keep what the protocol promises,
// as @overparam/conformance has it. `--keep` leaves the folder for a look.
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publicPackages, readJson, root } from './packages.js';
import { run, show } from './release/run.js';

const outsiders = readdirSync(join(root, 'examples')).filter((name) => name.startsWith('outsider-'));
const ours = new Map(publicPackages().map((found) => [found.manifest.name, found]));

/** Those of our packages that one needs, directly or through others. */
function needed({ dependencies = {}, devDependencies = {} }, known = new Set()) {
  for (const name of Object.keys({ ...dependencies, ...devDependencies }))
    if (ours.has(name) && !known.has(name)) {
      known.add(name);
      needed({ dependencies: ours.get(name).manifest.dependencies }, known);
    }
  return known;
}

const folder = mkdtempSync(join(tmpdir(), 'overparam-examples-'));
try {
  const manifests = outsiders.map((name) => readJson(join(root, 'examples', name, 'package.json')));
  const wanted = [...new Set(manifests.flatMap((manifest) => [...needed(manifest)]))].map((name) => ours.get(name));
  run(root, 'npx', 'tsc', '-b', ...wanted.map((found) => join(found.folder, 'tsconfig.lib.json')));
  const where = wanted.flatMap(({ name }) => ['-w', `packages/${name}`]);
  const packed = JSON.parse(
    run(root, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...where),
  );
  const tarballs = new Map(packed.map(({ name, filename }) => [name, join(folder, filename)]));
  outsiders.forEach((name, i) => {
    const project = join(folder, name);
    cpSync(join(root, 'examples', name), project, { recursive: true });
    const theirs = [...needed(manifests[i])].map((dependency) => tarballs.get(dependency));
    show(
      project,
      'npm',
      'install',
      '--no-save',
      '--no-fund',
      '--no-audit',
      '--prefer-offline',
      '--loglevel=error',
      ...theirs,
    );
    show(project, 'npm', 'test');
  });
} finally {
  if (process.argv.includes('--keep')) console.log(folder);
  else rmSync(folder, { recursive: true, force: true });
}
