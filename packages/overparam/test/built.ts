import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The command, as it is installed. */
export const bin: string = fileURLToPath(new URL('../bin/overparam.js', import.meta.url));

/** Compiles it, where that is not done. */
export function built(): void {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const project = fileURLToPath(new URL('../tsconfig.lib.json', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-b', project], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`overparam does not compile: ${stdout}`);
}
