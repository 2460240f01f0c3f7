// Packs every public package into a folder, checks the tarballs, and lists them in packages.txt: NAME@VERSION and file.
//   node tools/pack-release.js FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { root } from './packages.js';
import { packAll } from './release/pack.js';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('name a folder: node tools/pack-release.js FOLDER');
mkdirSync(folder, { recursive: true });
const packed = await packAll(root, resolve(folder));
const lines = packed.map(({ name, version, tarball }) => `${name}@${version} ${basename(tarball)}\n`);
writeFileSync(join(folder, 'packages.txt'), lines.join(''));
console.log(lines.join('').trimEnd());
