import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, it } from 'vitest';
import { sha256 } from './index.ts';

it('a bundler takes the data along, and nothing of Node', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'overparam-'));
  try {
    const source = fileURLToPath(new URL('./index.ts', import.meta.url));
    await writeFile(join(folder, 'index.html'), '<script type="module" src="./main.js"></script>');
    await writeFile(
      join(folder, 'main.js'),
      `import { load } from ${JSON.stringify(source)}; globalThis.loaded = load();`,
    );
    await build({ root: folder, logLevel: 'error', configFile: false, build: { outDir: 'out', assetsInlineLimit: 0 } });
    const assets = await readdir(join(folder, 'out', 'assets'));
    const script = await readFile(
      join(
        folder,
        'out',
        'assets',
        assets.find((name) => name.endsWith('.js'))!,
      ),
      'utf8',
    );
    expect(script).not.toMatch(/import\(|from\s*["']node:/);
    const data = assets.filter((name) => name.endsWith('.gz'));
    const sums = await Promise.all(
      data.map(async (name) =>
        createHash('sha256')
          .update(gunzipSync(await readFile(join(folder, 'out', 'assets', name))))
          .digest('hex'),
      ),
    );
    expect(sums.sort()).toEqual(Object.values(sha256).sort());
    for (const name of data) expect(script).toContain(name);
  } finally {
    await rm(folder, { recursive: true });
  }
});
