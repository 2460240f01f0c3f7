import { join } from 'node:path';
import { publicPackages, root } from '../packages.js';
import { runBeside, sideBySide } from './run.js';

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} version
 * @property {string} tarball its path
 * @property {number} files how many
 * @property {{ all: number, loaded: number }} unpacked bytes without source maps; and without the sources they point to
 * @property {Record<string, any>} manifest
 */

/**
 * Packs every public package of a checkout that is built, and checks what is in the tarballs.
 * @param {string} checkout
 * @param {string} destination a folder
 * @returns {Promise<Packed[]>}
 */
export const packAll = (checkout, destination) =>
  sideBySide(publicPackages(checkout), (found) => pack(checkout, found, destination));

async function pack(checkout, { name: directory, manifest }, destination) {
  const { name, version, scripts } = manifest;
  const refuse = (why) => {
    throw new Error(`${name}: ${why}`);
  };
  // Without its scripts: what is packed is what was built.
  const where = ['--pack-destination', destination, '-w', `packages/${directory}`];
  const [packed] = JSON.parse(await runBeside(checkout, 'npm', 'pack', '--json', '--ignore-scripts', ...where));
  const paths = packed.files.map(({ path }) => path);
  const promised = Object.values(manifest.exports ?? {}).flatMap((target) => [target.types, target.default]);
  const entries = [...promised, ...Object.values(manifest.bin ?? {})].filter(Boolean);
  // The first release writes the first changelog.
  const pages = ['README.md', 'LICENSE', ...(version === '0.0.0' ? [] : ['CHANGELOG.md'])];
  for (const expected of [...pages, ...entries.map((path) => path.replace(/^\.\//, ''))])
    if (!paths.includes(expected)) refuse(`${expected} is not in the tarball`);
  const stray = paths.filter((path) => !path.startsWith('templates/')).filter((path) => STRAY.test(path));
  if (stray.length > 0) refuse(`${stray.join(', ')} should not be in the tarball`);
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare'])
    if (scripts?.[script]) refuse(`it has the install script '${script}': nothing runs on a user's machine unasked`);
  const tarball = join(destination, packed.filename);
  await runBeside(root, tool('publint'), '--strict', tarball);
  if (manifest.exports?.['.']) await runBeside(root, tool('attw'), tarball, '--profile', 'esm-only');
  return { name, version, tarball, files: paths.length, unpacked: unpackedBytes(packed.files), manifest };
}

/**
 * @param {readonly { path: string, size: number }[]} files as `npm pack --json` lists them
 * @returns {Packed['unpacked']}
 */
export function unpackedBytes(files) {
  const bytes = (left) => files.reduce((sum, { path, size }) => sum + (left.test(path) ? 0 : size), 0);
  return { all: bytes(/\.map$/), loaded: bytes(/\.map$|^src\//) };
}

const tool = (name) => join(root, 'node_modules/.bin', name);

const STRAY = /\.test\.|tsbuildinfo|^test\/|\.tgz$|^api\.md$/;
