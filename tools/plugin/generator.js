// @ts-check
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { formatFiles, readJson } = require('@nx/devkit');

/** @typedef {import('@nx/devkit').Tree} Tree */

/** The paths of a repository's template that a package of this workspace shares with it. */
const shared = (/** @type {string} */ path) => path === 'README.md' || path.startsWith('src/');

/**
 * A package in the form of this workspace, from the templates of create-overparam.
 * @param {Tree} tree
 * @param {'method' | 'backend'} kind
 * @param {string} name
 */
async function generate(tree, kind, name) {
  const folder = `packages/${name}`;
  if (tree.exists(folder)) throw new Error(`${folder} is there already: choose another name.`);
  const { template } = await createOverparam();
  const files = await template(kind, { kind, name: `@overparam/${name}` });
  for (const [path, text] of Object.entries(files)) if (shared(path)) tree.write(`${folder}/${path}`, text);

  // A package of the workspace is the model of the rest.
  const model = readJson(tree, 'packages/core/package.json');
  const version = (/** @type {string} */ of) => `^${readJson(tree, `packages/${of}/package.json`).version}`;
  const json = (/** @type {string} */ path, /** @type {unknown} */ value) =>
    tree.write(`${folder}/${path}`, `${JSON.stringify(value, null, 2)}\n`);
  json('package.json', {
    ...model,
    name: `@overparam/${name}`,
    version: '0.0.0',
    description: `A ${kind} for overparam.`,
    keywords: ['overparam', kind],
    repository: { ...model.repository, directory: folder },
    dependencies: { '@overparam/core': version('core') },
    devDependencies: { '@overparam/conformance': version('conformance') },
  });
  const reference = (/** @type {string} */ of) => ({ path: `../${of}/tsconfig.lib.json` });
  json('tsconfig.json', { files: [], references: [{ path: './tsconfig.lib.json' }, { path: './tsconfig.test.json' }] });
  json('tsconfig.lib.json', {
    extends: '../../tsconfig.base.json',
    compilerOptions: { rootDir: 'src', outDir: 'dist' },
    include: ['src'],
    exclude: ['src/**/*.test.ts'],
    references: [reference('core')],
  });
  const test = readJson(tree, 'packages/conformance/tsconfig.test.json');
  json('tsconfig.test.json', {
    ...test,
    references: [{ path: './tsconfig.lib.json' }, reference('core'), reference('conformance')],
  });
  tree.write(`${folder}/LICENSE`, tree.read('LICENSE', 'utf8') ?? '');
  tree.write(`.changeset/${name}.md`, `---\n"@overparam/${name}": minor\n---\n\nFirst release.\n`);
  allowImports(tree, name);
  await formatFiles(tree);
  return () => console.log(`\n  npm install\n  npx vitest packages/${name}\n`);
}

/** Adds the package to the rules of who may import whom, after its last neighbour. */
function allowImports(/** @type {Tree} */ tree, /** @type {string} */ name) {
  const rules = tree.read('.dependency-cruiser.cjs', 'utf8') ?? '';
  const last = rules.lastIndexOf('    mayImport(');
  const end = rules.indexOf('\n', last) + 1;
  tree.write(
    '.dependency-cruiser.cjs',
    `${rules.slice(0, end)}    mayImport('${name}', ['core']),\n${rules.slice(end)}`,
  );
}

/** The sources that make the templates, built: nx loads this file without TypeScript. */
async function createOverparam() {
  const built = join(__dirname, '../../packages/create-overparam/dist/index.js');
  try {
    readFileSync(built);
  } catch {
    throw new Error(`The templates are not built yet: npm run build -w create-overparam`);
  }
  return import(built);
}

exports.method = (/** @type {Tree} */ tree, /** @type {{ name: string }} */ { name }) => generate(tree, 'method', name);
exports.backend = (/** @type {Tree} */ tree, /** @type {{ name: string }} */ { name }) =>
  generate(tree, 'backend', name);
