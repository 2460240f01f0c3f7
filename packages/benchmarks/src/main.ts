import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine } from './machine.ts';
import { optimizerStep } from './optimizer-step.ts';
import { table, type Row } from './table.ts';

const benchmarks: Record<string, (options: { readonly backends: readonly string[] }) => Promise<readonly Row[]>> = {
  'optimizer-step': optimizerStep,
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, backend: { type: 'string', multiple: true, default: ['wasm', 'cpu'] } },
});
const [name] = positionals;
const benchmark = name === undefined ? undefined : benchmarks[name];
if (!benchmark) {
  console.error(
    `usage: bench -- <${Object.keys(benchmarks).join(' | ')}> [--backend wasm] [--backend cpu] [--json results.json]`,
  );
  process.exitCode = 1;
} else {
  const where = machine();
  console.log(where);
  const rows = await benchmark({ backends: values.backend });
  console.log(table(rows));
  if (values.json !== undefined)
    writeFileSync(values.json, JSON.stringify({ benchmark: name, machine: where, rows }, undefined, 2) + '\n');
}
