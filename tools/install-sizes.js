// Writes docs/install-sizes.md: what an `npm install` of each package brings. The packages have to be built.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicPackages, root } from './packages.js';
import { unpackedBytes } from './release/pack.js';
import { runBeside, sideBySide } from './release/run.js';
import { sizeTable } from './release/sizes.js';

const packed = await sideBySide(publicPackages(), async ({ name: directory, manifest }) => {
  const how = ['--dry-run', '--json', '--ignore-scripts', '-w', `packages/${directory}`];
  const [{ files }] = JSON.parse(await runBeside(root, 'npm', 'pack', ...how));
  return { name: manifest.name, version: manifest.version, manifest, unpacked: unpackedBytes(files) };
});

const page = `# Install sizes

Unpacked, in thousands of bytes, without source maps; \`npm run version\` writes this page. A package holds its sources
(\`src\`) for the maps to point at: a debugger and "go to definition" show them, and nothing loads them. "With ours" adds
our packages that it depends on. "Others" are packages of other people, theirs not counted; tensor libraries are
peers, which you choose.

${sizeTable(packed)}

The target for methods is 60 kB without sources. Where it is missed, about half is declarations with their docstrings
and the README, and the rest is code as it was written, with its comments: nothing is minified.
`;
writeFileSync(join(root, 'docs/install-sizes.md'), page);
