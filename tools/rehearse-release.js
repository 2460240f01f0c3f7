// Rehearses a release, from the last commit to a user's `npm install`: in a clone it sets the versions, builds, packs and
// checks, publishes everything to a registry on the loopback interface, and installs it from there in empty projects.
//   --keep        leaves the folder for a look
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson, root } from './packages.js';
import { readmeExamples } from './release/examples.js';
import { outsider } from './release/outsider.js';
import { packAll } from './release/pack.js';
import { startRegistry } from './release/registry.js';
import { run, show } from './release/run.js';
import { foreignDependencies, sizeTable } from './release/sizes.js';
import { userProject, versions } from './release/user-project.js';

process.env.NX_DAEMON = 'false';
const folder = mkdtempSync(join(tmpdir(), 'release-'));
const checkout = join(folder, 'checkout');
const stage = (title) => console.log(`\n== ${title}`);

/** The examples that a browser can run: those of packages that need no Node. */
const forBrowsers = ({ code }) => !/from '(node:|overparam|create-overparam|vitest|@overparam\/(fashion-mnist|conformance))/.test(code); // prettier-ignore
const ofTfjs = ({ code }) => /@tensorflow|backend-tfjs/.test(code);

let registry;
try {
  if (run(root, 'git', 'status', '--porcelain')) console.log('What is not committed is not rehearsed.');
  stage('versions and build, in a clean clone');
  show(root, 'git', 'clone', '--quiet', root, checkout);
  show(checkout, 'npm', 'ci');
  show(checkout, 'npm', 'run', 'version');

  stage('pack, publint, attw');
  const tarballs = join(folder, 'tarballs');
  mkdirSync(tarballs);
  const packed = await packAll(checkout, tarballs);
  console.log(sizeTable(packed));
  const foreign = foreignDependencies(packed);
  if (foreign.length > 0) throw new Error(foreign.join('\n'));

  stage('publish to a registry on the loopback interface');
  registry = await startRegistry(join(folder, 'registry'));
  for (const { name, version, tarball } of packed) {
    registry.publish(tarball);
    console.log(`${name}@${version}`);
  }

  const examples = readmeExamples(checkout);
  const ours = packed.map(({ name }) => name);
  const peers = readJson(join(checkout, 'packages/backend-tfjs/package.json')).peerDependencies;
  const tfjsRange = peers['@tensorflow/tfjs-core'];
  const tfjsAt = (version) => ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'].map((name) => `${name}@${version}`);
  const tool = (name) => `${name}@${versions[name]}`;
  const asTypeScript = (list) => Object.fromEntries(list.map(({ name, code }) => [`${name}.ts`, code]));

  stage('TypeScript, node16: every example of the READMEs');
  const node16 = userProject(join(folder, 'typescript-node16'), registry.url);
  node16.install([...ours, ...tfjsAt(tfjsRange), tool('typescript'), tool('@types/node')]);
  node16.write(asTypeScript(examples));
  node16.compile('node16');
  await node16.runExamples(examples);

  stage('Node ESM, no TypeScript: the same, as JavaScript');
  const esm = userProject(join(folder, 'node-esm'), registry.url);
  esm.install([...ours, ...tfjsAt(tfjsRange)]);
  for (const { name } of examples) show(folder, 'cp', join(node16.folder, `${name}.js`), esm.folder);
  await esm.runExamples(examples);
  show(esm.folder, 'npx', 'overparam', 'list');
  audit(esm.folder);

  stage('TypeScript, bundler, and Vite');
  const bundler = userProject(join(folder, 'typescript-bundler'), registry.url);
  bundler.install([...ours, ...tfjsAt(tfjsRange), ...['typescript', '@types/node', 'vite'].map(tool)]);
  bundler.write(asTypeScript(examples));
  bundler.compile('bundler');
  const bundled = examples.filter(forBrowsers);
  bundler.write({
    'vite.config.js': `export default { build: { target: 'es2022', modulePreload: false, rollupOptions: {
      input: ${JSON.stringify(bundled.map(({ name }) => `${name}.ts`))}, output: { entryFileNames: '[name].js' } } } };`,
  });
  show(bundler.folder, 'npx', 'vite', 'build', '--logLevel', 'warn');
  await bundler.runExamples(
    bundled.filter((example) => !ofTfjs(example)),
    'dist',
  );

  const oldest = tfjsRange.replace('^', '');
  stage(`the oldest tfjs that we name, ${oldest}; what needs a newer one was tried with the newest above`);
  const newer = packed.filter(({ manifest }) => Object.values(manifest.peerDependencies ?? {}).some((range) => range !== tfjsRange)); // prettier-ignore
  const left = packed.filter(
    (one) => !newer.some(({ name }) => name === one.name || name in (one.manifest.dependencies ?? {})),
  );
  const old = userProject(join(folder, 'oldest-tfjs'), registry.url);
  const tfjs = `@tensorflow/tfjs@${oldest}`;
  old.install([...left.map(({ name }) => name), tfjs, tool('typescript'), tool('@types/node')]);
  const imports = ({ code }) => [...code.matchAll(/from '((?:@overparam\/)?[\w-]+)/g)].map(([, name]) => name);
  const served = (example) => imports(example).every((name) => left.some((one) => one.name === name) || !ours.includes(name)); // prettier-ignore
  const oldExamples = examples.filter(ofTfjs).filter(served);
  if (oldExamples.length === 0) throw new Error(`no example tries tfjs ${oldest}`);
  old.write(asTypeScript(oldExamples));
  old.compile('node16');
  await old.runExamples(oldExamples);

  stage('a new outsider');
  const outside = join(folder, 'outside');
  const fromUs = `--registry=${registry.url}`;
  // A cache of its own: npm would run what an earlier rehearsal left in the user's.
  const cache = `--cache=${join(folder, 'cache')}`;
  outsider({
    folder: outside,
    create: (name, kind) =>
      show(outside, 'npm', 'create', fromUs, cache, '--yes', 'overparam', name, '--', '--kind', kind),
    install: (repository) => show(repository, 'npm', 'install', fromUs, '--no-fund', '--no-audit', '--loglevel=error'),
  });

  stage(`green: ${packed.length} packages`);
} finally {
  await registry?.stop();
  if (process.argv.includes('--keep')) console.log(folder);
  else rmSync(folder, { recursive: true, force: true });
}

/** Known holes in what users install: there must be none. Some registries do not answer this question. */
function audit(project) {
  const from = run(root, 'npm', 'config', 'get', 'registry').trim();
  const args = ['audit', '--omit=dev', '--json', `--registry=${from}`];
  const { stdout } = spawnSync('npm', args, { cwd: project, encoding: 'utf8' });
  const { metadata, vulnerabilities, message } = JSON.parse(stdout);
  if (!metadata) console.log(`npm audit: ${from} does not answer it (${message})`);
  else if (metadata.vulnerabilities.total === 0) console.log('npm audit: no known hole in what users install');
  else throw new Error(`npm audit: known holes in ${Object.keys(vulnerabilities).join(', ')}`);
}
