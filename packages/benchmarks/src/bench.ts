/** `npm run bench -w @overparam/benchmarks -- NAME [options]`: each measurement is a module with a `main`. */
const measurements: Readonly<Record<string, () => Promise<{ main(args: readonly string[]): Promise<void> }>>> = {
  adam: () => import('./adam/main.ts'),
  fits: () => import('./fits/main.ts'),
  'gauss-newton': () => import('./gauss-newton/main.ts'),
  'optimizer-step': () => import('./optimizer-step/main.ts'),
  programs: () => import('./programs/main.ts'),
  spectra: () => import('./spectra/main.ts'),
  transport: () => import('./transport/main.ts'),
  wasm: () => import('./wasm/main.ts'),
  'wasserstein-flow': () => import('./wasserstein-flow/main.ts'),
};

const [name = '', ...args] = process.argv.slice(2);
const load = measurements[name];
if (!load) {
  process.stderr.write(
    `There is no measurement ${JSON.stringify(name)}; there is: ${Object.keys(measurements).join(', ')}\n`,
  );
  process.exitCode = 2;
} else await (await load()).main(args);
