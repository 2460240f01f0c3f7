// Packs every public package, checks the tarballs, installs them in an empty project, and there compiles and runs the
// examples of the READMEs as a user would. `--keep` leaves the project for a look.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson, root } from './packages.js';
import { readmeExamples } from './release/examples.js';
import { packAll } from './release/pack.js';
import { foreignDependencies, sizeTable } from './release/sizes.js';
import { show } from './release/run.js';
import { userProject, versions } from './release/user-project.js';

const folder = mkdtempSync(join(tmpdir(), 'overparam-'));

try {
  const packed = await packAll(root, folder);
  console.log(sizeTable(packed));
  const foreign = foreignDependencies(packed);
  if (foreign.length > 0) throw new Error(foreign.join('\n'));

  const project = userProject(join(folder, 'project'));
  const [tfjs, jax] = ['backend-tfjs', 'backend-jax'].map(
    (name) => readJson(join(root, `packages/${name}/package.json`)).devDependencies,
  );
  const beside = { ...tfjs, ...jax, ...versions };
  const others = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm', '@jax-js/jax', 'typescript', '@types/node'];
  project.install([...packed.map(({ tarball }) => tarball), ...others.map((name) => `${name}@${beside[name]}`)]);

  const examples = readmeExamples(root);
  project.write(Object.fromEntries(examples.map(({ name, code }) => [`${name}.ts`, code])));
  for (const resolution of ['node16', 'bundler']) {
    project.compile(resolution);
    console.log(`the examples compile under moduleResolution ${resolution}`);
  }
  await project.runExamples(examples);
  show(project.folder, 'npx', 'overparam', 'list');
} finally {
  if (process.argv.includes('--keep')) console.log(folder);
  else rmSync(folder, { recursive: true, force: true });
}
