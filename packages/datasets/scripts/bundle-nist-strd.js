// Makes src/nist-strd/data.ts from the *.dat files of NIST's Statistical Reference Datasets, nonlinear regression:
//   npm run build && node scripts/bundle-nist-strd.js FOLDER && npx prettier --write src/nist-strd/data.ts
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNistStrd } from '../dist/index.js';

const folder = process.argv[2];
if (!folder) {
  console.error('node scripts/bundle-nist-strd.js FOLDER   (with Misra1a.dat and the 26 others)');
  process.exit(2);
}
const names = (await readdir(folder)).filter((name) => name.endsWith('.dat')).sort();
const sets = await Promise.all(names.map(async (name) => readNistStrd(await readFile(join(folder, name)), { name })));
const file = new URL('../src/nist-strd/data.ts', import.meta.url);
const text = `// Made by scripts/bundle-nist-strd.js from NIST's files, which are in the public domain.
import type { NistStrd } from '../read-nist-strd.ts';

export const data: readonly NistStrd[] = ${JSON.stringify(sets)};
`;
await writeFile(file, text);
