// @ts-check
/**
 * Runs the jasmine specs that @tensorflow/tfjs-core ships in its dist folder on the wasm backend.
 *
 *   npm run tfjs-specs -w @overparam/backend-tfjs-wasm -- [--stock] [--no-relaxed] [--filter TEXT] [--verbose] [--json FILE]
 *
 * --stock runs tfjs's own kernels, without ours. --filter keeps the specs whose full name contains the text.
 * Without a filter the failures must be exactly those of expected-failures.json (or stock-failures.json):
 * a spec that fails and is not listed, or is listed and passes, makes the command fail.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { bundleSpecs } from './bundle.js';
import { compare, groupByOp } from './expectations.js';

const { values: options } = parseArgs({
  options: {
    stock: { type: 'boolean', default: false },
    'no-relaxed': { type: 'boolean', default: false },
    filter: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});

const bundle = await bundleSpecs();
const { runSpecs } = await import(pathToFileURL(bundle).href);
const results = await runSpecs({
  stock: options.stock,
  ...(options['no-relaxed'] && { relaxedSimd: false }),
  filter: options.filter ?? '',
});

const failed = results.filter((result) => result.status === 'failed');
console.log(
  `${options.stock ? 'stock kernels' : 'our kernels'}: ${results.length} specs, ${results.length - failed.length} passed, ${failed.length} failed`,
);
for (const [op, failures] of groupByOp(failed)) {
  console.log(`\n${op} (${failures.length})`);
  for (const failure of failures) {
    console.log(`  ${failure.name}`);
    if (options.verbose) console.log(`    ${failure.messages.join('\n').slice(0, 600).replaceAll('\n', '\n    ')}`);
  }
}
if (options.json) writeFileSync(options.json, JSON.stringify(results, null, 1));

if (options.filter === undefined) {
  const file = options.stock ? 'stock-failures.json' : 'expected-failures.json';
  const expected = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
  const { unexpected, mended } = compare(failed, expected);
  for (const name of unexpected) console.log(`\nNot expected to fail: ${name}`);
  for (const name of mended) console.log(`\nListed in ${file}, but passes: ${name}`);
  if (unexpected.length + mended.length > 0) process.exitCode = 1;
  else console.log(`\nThe failures are the ${failed.length} that ${file} lists.`);
} else if (failed.length > 0) process.exitCode = 1;
// Emscripten's handlers and tfjs's timers would keep the process alive.
process.exit();
