import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nearestName, OverparamError } from '@overparam/core';
import type { Experiment } from '../experiments/experiment.ts';
import { experiments } from '../experiments/index.ts';
import { parseMethod } from '../methods/method-spec.ts';
import { labelOf, methods } from '../methods/registry.ts';
import { pictureOf, reportOf } from '../report/report.ts';
import type { Plan, Results } from '../results/results.ts';
import { startBackend } from '../session/backend.ts';
import { readCheckpoint, type SessionCheckpoint } from '../session/checkpoint.ts';
import { continuation, forgetCheckpoints } from '../session/continuation.ts';
import { claimFolder } from '../session/folder-lock.ts';
import { writeOutput } from '../session/output.ts';
import { checkpointIn, runSession } from '../session/session.ts';
import { studies } from '../studies/index.ts';
import { countParameters } from '../training/model.ts';
import { outputsOf, type Task } from '../training/task.ts';
import { unknownName } from '../unknown-name.ts';
import { chartOf } from './chart.ts';
import { onInterrupt } from './interrupt.ts';
import { progressOn } from './progress.ts';
import { agreeing, checkBatch, settingsOf, wholeNumber, type RunOptions } from './run-options.ts';
import { tableOf } from './table.ts';
import { colorsFor, columnsOf, type Terminal } from './terminal.ts';

const INTERRUPTED = 130;

/** `overparam run`: trains, and writes results.json, report.html and picture.svg. Returns the exit code. */
export async function runCommand(name: string, options: RunOptions, terminal: Terminal): Promise<number> {
  const experiment = experiments.find((one) => one.name === name);
  if (!experiment) throw unknownExperiment(name);
  const out = options.out ?? join('results', options.ablation === undefined ? name : `${name}-${options.ablation}`);
  const saveEvery = options.saveEvery === undefined ? 30 : wholeNumber('--save-every', options.saveEvery, 0);
  const release = await claimFolder(out);
  try {
    return await runIn(out, experiment, saveEvery, options, terminal);
  } finally {
    await release();
  }
}

function unknownExperiment(name: string): Error {
  const names = [...experiments, ...studies].map((one) => one.name);
  const method = nearestName(name, Object.keys(methods));
  const hint = method === undefined || nearestName(name, names) ? '' : ` '${method}' is a method: overparam run fashion-mnist --methods ${method}.`; // prettier-ignore
  return new OverparamError('UNKNOWN_EXPERIMENT', unknownName('', 'experiment', name, names).message + hint);
}

async function runIn(
  out: string,
  experiment: Experiment,
  saveEvery: number,
  options: RunOptions,
  terminal: Terminal,
): Promise<number> {
  const begun = ({ finished, current }: SessionCheckpoint): boolean => finished.length > 0 || current !== null;
  const from = await continuation(out, options, () => readCheckpoint(checkpointIn(out)), begun);
  const backend = await startBackend(options.backend ?? from?.plan.backend ?? 'wasm');
  const settings = from ? agreeing(from.plan, experiment, options) : settingsOf(experiment, options);
  const dataPath = options.data ?? from?.dataPath ?? undefined;
  const task = await experiment.load(dataPath);
  const plan: Plan = { ...settings, backend, data: task.sha256 };
  check(plan, task, from);

  const labels = plan.methods.map((method) => labelOf(parseMethod(method)));
  const progress = progressOn(terminal, {
    epochs: plan.epochs,
    runs: plan.methods.length * plan.seeds.length,
    labelWidth: Math.max(...labels.map(({ length }) => length)),
  });
  const interrupt = onInterrupt(terminal, () => progress.close());
  try {
    terminal.stderr.write(headline(experiment, plan, task, terminal));
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
      const again = options.again ?? `overparam run ${experiment.name} --resume${outOption(options, out)}`;
      terminal.stderr.write(`Saved. To continue:\n  ${again}\n`);
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

function check(plan: Plan, task: Task, from: SessionCheckpoint | undefined): void {
  checkBatch(plan, task);
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
  await writeOutput(out, { results, report: reportOf(results), picture: pictureOf(results) });
  await forgetCheckpoints(out);
  const colors = colorsFor(stdout);
  if (colors.isColorSupported) stdout.write(`\n${chartOf(results, columnsOf(stdout))}`);
  stdout.write(`\n${tableOf(results, colors)}\n`);
  stdout.write(`Report: ${colors.underline(pathToFileURL(resolve(out, 'report.html')).href)}\n`);
  stdout.write(`Numbers: ${join(out, 'results.json')}\n`);
}
