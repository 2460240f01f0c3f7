import { experiments } from '../experiments/index.ts';
import { methods } from '../methods/registry.ts';
import { studies } from '../studies/index.ts';
import { colorsFor, type Terminal } from './terminal.ts';

/** `overparam list`: experiments, their ablations, and methods. */
export function listCommand({ stdout }: Terminal): void {
  const colors = colorsFor(stdout);
  const lines = experiments.flatMap(({ name, title, source, data, takes, defaults, ablations }) => [
    `${colors.bold(name)}  ${title}`,
    `  paper     ${source}`,
    `  data      ${data}`,
    `  takes     ${takes}`,
    `  defaults  ${defaults.model}, ${defaults.epochs} epochs, batches of ${defaults.batch}, ${defaults.methods.join(',')}`,
    `  --ablation`,
    ...columns(Object.entries(ablations).map(([ablation, list]) => [ablation, list.join(' ')])),
    '',
  ]);
  const others = studies.flatMap(({ name, title, source, data, takes }) => [
    `${colors.bold(name)}  ${title}`,
    `  paper     ${source}`,
    `  data      ${data}`,
    `  takes     ${takes}; 'overparam run ${name} --help' has its options`,
    '',
  ]);
  stdout.write(`${colors.dim('EXPERIMENTS')}\n${[...lines, ...others].join('\n')}\n`);
  const table = columns(Object.entries(methods).map(([name, { about }]) => [name, about]));
  stdout.write(`${colors.dim('METHODS')}  (options after colons, as in ponos:rho=0.25 or ponos:direction=momentum)\n`);
  stdout.write(`${table.join('\n')}\n`);
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `    ${name.padEnd(width)}  ${text}`);
}
