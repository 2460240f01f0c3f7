import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OverparamError, badOption } from '@overparam/core';
import type { Experiment } from '../experiments/experiment.ts';
import { experimentNamed } from '../experiments/index.ts';
import { parseMethod } from '../methods/method-spec.ts';
import { labelOf } from '../methods/registry.ts';
import { pictureOf, reportOf } from '../report/report.ts';
import type { Plan, Results } from '../results/results.ts';
import { writeAtomically } from '../session/atomic-write.ts';
import { startBackend } from '../session/backend.ts';
import { readCheckpoint, type SessionCheckpoint } from '../session/checkpoint.ts';
import { checkpointIn, forgetCheckpoint, runSession } from '../session/session.ts';
import { countParameters } from '../training/model.ts';
import { outputsOf, type Task } from '../training/task.ts';
import { chartOf } from './chart.ts';
import { onInterrupt } from './interrupt.ts';
import { progressOn } from './progress.ts';
import { agreeing, settingsOf, wholeNumber, type RunOptions } from './run-options.ts';
import { tableOf } from './table.ts';
import { colorsFor, columnsOf, type Terminal } from './terminal.ts';

const INTERRUPTED = 130;

/** `overparam run`: trains, and writes results.json, report.html and picture.svg. Returns the exit code. */
export async function runCommand(name: string, options: RunOptions, terminal: Terminal): Promise<number> {
  const experiment = experimentNamed(name);
  const out = options.out ?? join('results', options.ablation === undefined ? name : `${name}-${options.ablation}`);
  const saveEvery = options.saveEvery === undefined ? 30 : wholeNumber('--save-every', options.saveEvery, 0);
  const from = await saved(out, options);
  const backend = await startBackend(options.backend ?? from?.plan.backend ?? 'wasm');
  const settings = from ? agreeing(from.plan, experiment, options) : settingsOf(experiment, options);
  const dataPath = options.data ?? from?.dataPath ?? undefined;
  const task = await experiment.load(dataPath);
  const plan: Plan = { ...settings, backend, data: task.sha256 };
  check(plan, task, from);
  terminal.stderr.write(headline(experiment, plan, task, terminal));

  const labels = plan.methods.map((method) => labelOf(parseMethod(method)));
  const progress = progressOn(terminal, {
    epochs: plan.epochs,
    runs: plan.methods.length * plan.seeds.length,
    labelWidth: Math.max(...labels.map(({ length }) => length)),
  });
  const interrupt = onInterrupt(terminal.stderr, () => progress.close());
  try {
    const session = {
      plan,
      task,
      dataPath: dataPath === undefined ? undefined : resolve(dataPath),
      out,
      saveEvery,
      from,
    };
    const results = await runSession({ ...session, ...progress, stop: interrupt.requested });
    progress.close();
    if (!results) {
      const again = options.again ?? `overparam run ${name} --resume${outOption(options, out)}`;
      terminal.stderr.write(`Saved. To go on:\n  ${again}\n`);
      return INTERRUPTED;
    }
    await deliver(results, out, terminal);
    return 0;
  } finally {
    progress.close();
    interrupt.release();
  }
}

const outOption = ({ out, ablation }: RunOptions, folder: string): string =>
  out === undefined && ablation === undefined
    ? ''
    : ` --out ${/^[\w./-]+$/.test(folder) ? folder : JSON.stringify(folder)}`;

async function saved(out: string, { resume, overwrite }: RunOptions): Promise<SessionCheckpoint | undefined> {
  if (resume && overwrite) throw new OverparamError('BAD_OPTION', '--resume and --overwrite exclude each other.');
  if (overwrite) return undefined;
  if (resume) {
    const checkpoint = await readCheckpoint(checkpointIn(out));
    if (checkpoint) return checkpoint;
    const finished = existsSync(join(out, 'results.json'));
    throw new OverparamError(
      'NOTHING_TO_RESUME',
      finished
        ? `The session in ${out} is finished: its results are in ${join(out, 'results.json')}.`
        : `There is no unfinished session in ${out}: start one without --resume, or name its folder with --out.`,
    );
  }
  if (!existsSync(checkpointIn(out))) return undefined;
  const left = await readCheckpoint(checkpointIn(out)).catch(() => undefined);
  if (left && (left.finished.length > 0 || left.current))
    throw new OverparamError(
      'UNFINISHED_SESSION',
      `${out} holds an unfinished session: --resume goes on with it, --overwrite starts again, --out names another folder.`,
    );
  return undefined;
}

function check(plan: Plan, task: Task, from: SessionCheckpoint | undefined): void {
  if (plan.batch > task.train.count) throw badOption('--batch', plan.batch, `at most the ${task.train.count} samples`);
  for (const [name, what] of [
    ['data', 'on other data'],
    ['backend', 'with another backend'],
  ] as const)
    if (from && from.plan[name] !== plan[name])
      throw new OverparamError(
        'CHECKPOINT_FOREIGN',
        `The saved session was trained ${what}: name the same with --${name}, or choose another folder with --out.`,
      );
}

function headline(experiment: Experiment, plan: Plan, task: Task, { stderr }: Terminal): string {
  const colors = colorsFor(stderr);
  const parameters = countParameters(plan.model, task.features, outputsOf(task)).toLocaleString('en-US');
  const samples = `${task.train.count.toLocaleString('en-US')} + ${task.test.count.toLocaleString('en-US')} samples`;
  const rest = [`${plan.model} with ${parameters} parameters`, samples, `batches of ${plan.batch}`, plan.backend];
  return `${colors.bold(experiment.title)}  ${colors.dim(rest.join(', '))}\n`;
}

async function deliver(results: Results, out: string, { stdout }: Terminal): Promise<void> {
  const files = {
    'results.json': `${JSON.stringify(results)}\n`,
    'report.html': reportOf(results),
    'picture.svg': pictureOf(results),
  };
  for (const [name, content] of Object.entries(files)) await writeAtomically(join(out, name), content);
  await forgetCheckpoint(out);
  const colors = colorsFor(stdout);
  if (colors.isColorSupported) stdout.write(`\n${chartOf(results, columnsOf(stdout))}`);
  stdout.write(`\n${tableOf(results, colors)}\n`);
  stdout.write(`Report: ${colors.underline(pathToFileURL(resolve(out, 'report.html')).href)}\n`);
  stdout.write(`Numbers: ${join(out, 'results.json')}\n`);
}
