// Packs every public package, checks the tarballs, installs them in an empty project, and there compiles and runs the
// examples of the READMEs as a user would. `--keep` leaves the project for a look.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('../', import.meta.url).pathname;
const project = mkdtempSync(join(tmpdir(), 'overparam-'));
const inProject = (command, ...args) => execFileSync(command, args, { cwd: project, stdio: 'inherit' });
const inRoot = (command, ...args) =>
  execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const fail = (message) => {
  throw new Error(message);
};

const packages = readdirSync(join(root, 'packages'))
  .map((directory) => ({ directory, manifest: readJson(join(root, 'packages', directory, 'package.json')) }))
  .filter(({ manifest }) => !manifest.private);

try {
  const tarballs = [];
  for (const { directory, manifest } of packages) {
    const [packed] = JSON.parse(
      inRoot('npm', 'pack', '--json', '--pack-destination', project, '-w', `packages/${directory}`),
    );
    const files = packed.files.map(({ path }) => path);
    for (const expected of ['README.md', 'LICENSE', 'CHANGELOG.md', 'dist/index.js', 'dist/index.d.ts'])
      if (!files.includes(expected)) fail(`${manifest.name}: ${expected} is not in the tarball`);
    const stray = files.filter((path) => /\.test\.|tsbuildinfo|^test\/|\.tgz$/.test(path));
    if (stray.length) fail(`${manifest.name}: ${stray.join(', ')} should not be in the tarball`);
    if (manifest.scripts?.install ?? manifest.scripts?.postinstall) fail(`${manifest.name}: it has an install script`);
    const tarball = join(project, packed.filename);
    inRoot('npx', 'publint', '--strict', tarball);
    inRoot('npx', 'attw', tarball, '--profile', 'esm-only');
    tarballs.push(tarball);
    console.log(
      `${manifest.name}@${manifest.version}: ${files.length} files, ${Math.ceil(packed.unpackedSize / 1024)} kB unpacked`,
    );
  }

  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'a-user', private: true, type: 'module' }));
  const { devDependencies } = readJson(join(root, 'package.json'));
  const tfjs = readJson(join(root, 'packages/backend-tfjs/package.json')).devDependencies;
  inProject(
    'npm', 'install', '--no-fund', '--no-audit', '--loglevel=error', ...tarballs,
    `@tensorflow/tfjs@${tfjs['@tensorflow/tfjs']}`,
    `@tensorflow/tfjs-backend-wasm@${tfjs['@tensorflow/tfjs-backend-wasm']}`,
    `typescript@${devDependencies.typescript}`, `@types/node@${devDependencies['@types/node']}`,
  ); // prettier-ignore

  const pages = ['README.md', ...packages.map(({ directory }) => `packages/${directory}/README.md`)];
  const examples = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code], i) => {
      const name = `${page.replaceAll('/', '-').replace('.md', '')}-${i}`;
      writeFileSync(join(project, `${name}.ts`), code);
      return name;
    }),
  );
  const compile = { target: 'es2022', strict: true, skipLibCheck: true, types: ['node'] };
  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ]) {
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compile, module, moduleResolution }, include: ['*.ts'] }),
    );
    inProject('npx', 'tsc');
    console.log(`the examples compile under moduleResolution ${moduleResolution}`);
  }
  for (const name of examples) {
    console.log(`> ${name}`);
    inProject('node', `${name}.js`);
  }
  inProject('npx', 'overparam', 'list');
} finally {
  if (process.argv.includes('--keep')) console.log(project);
  else rmSync(project, { recursive: true, force: true });
}
