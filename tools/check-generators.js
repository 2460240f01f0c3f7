// Makes a method and a backend with the generators, in a copy of what is committed, and builds, lints and tests them.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './packages.js';
import { show } from './release/run.js';

process.env.NX_DAEMON = 'false';
const folder = mkdtempSync(join(tmpdir(), 'generators-'));
const checkout = join(folder, 'checkout');
const inCheckout = (...command) => show(checkout, 'npx', ...command);

try {
  show(root, 'git', 'clone', '--quiet', root, checkout);
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  inCheckout('tsc', '-b', 'packages/create-overparam/tsconfig.lib.json');
  const made = ['trial-method', 'backend-trial'].map((name) => `packages/${name}`);
  inCheckout('nx', 'g', './tools/plugin:method', 'trial-method', '--no-interactive');
  inCheckout('nx', 'g', './tools/plugin:backend', 'backend-trial', '--no-interactive');
  inCheckout('tsc', '-b', ...made);
  inCheckout('eslint', ...made);
  inCheckout('prettier', '--check', ...made);
  inCheckout('depcruise', ...made);
  inCheckout('vitest', 'run', ...made);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
