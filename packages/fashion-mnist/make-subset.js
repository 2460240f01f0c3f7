// Makes data/ from the official files of Fashion-MNIST, gzip or plain: node make-subset.js FOLDER
// The first n images of each class, in file order: 10 x 1000 of the training set, 10 x 200 of the test set.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const CLASSES = 10;
const SIDE = 28;

const folder = process.argv[2];
if (!folder) {
  console.error('node make-subset.js FOLDER   (with train-images-idx3-ubyte.gz and the three others)');
  process.exit(2);
}

/** An IDX file's bytes; the magic number and the count are checked. */
async function official(name, magic, bytesEach) {
  const stored = await readFile(join(folder, `${name}.gz`));
  const bytes = stored[0] === 0x1f && stored[1] === 0x8b ? gunzipSync(stored) : stored;
  const header = bytesEach === 1 ? 8 : 16;
  const count = bytes.readUInt32BE(4);
  if (bytes.readUInt32BE(0) !== magic || bytes.length !== header + count * bytesEach)
    throw new Error(`${name}: not an IDX file of that kind`);
  return { count, data: bytes.subarray(header) };
}

function idx(magic, shape, data) {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(magic, 0);
  shape.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  return Buffer.concat([header, data]);
}

for (const [set, ofEachClass] of [
  ['train', 1000],
  ['t10k', 200],
]) {
  const images = await official(`${set}-images-idx3-ubyte`, 0x803, SIDE * SIDE);
  const labels = await official(`${set}-labels-idx1-ubyte`, 0x801, 1);
  const taken = new Array(CLASSES).fill(0);
  const kept = Array.from({ length: labels.count }, (_, i) => i).filter((i) => taken[labels.data[i]]++ < ofEachClass);
  const image = (i) => images.data.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE);
  const out = (name, bytes) =>
    writeFile(new URL(`data/${set}-${name}.gz`, import.meta.url), gzipSync(bytes, { level: 9 }));
  await out('images-idx3-ubyte', idx(0x803, [kept.length, SIDE, SIDE], Buffer.concat(kept.map(image))));
  await out(
    'labels-idx1-ubyte',
    idx(
      0x801,
      [kept.length],
      Uint8Array.from(kept, (i) => labels.data[i]),
    ),
  );
}
