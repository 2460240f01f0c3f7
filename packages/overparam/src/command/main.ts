import { isOverparamError } from '@overparam/core';
import { Command, CommanderError, Option } from 'commander';
import { demoCommand, type DemoOptions } from './demo-command.ts';
import { listCommand } from './list-command.ts';
import { runCommand } from './run-command.ts';
import { studies } from '../studies/index.ts';
import { studyCommand, type StudyCommandOptions } from './study-command.ts';
import { sweepCommand, type SweepOptions } from './sweep-command.ts';
import { workerCommand, type WorkerOptions } from './worker-command.ts';
import { version } from '../version.ts';
import type { RunOptions } from './run-options.ts';
import { colorsFor, type Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  overparam demo                                         each system on its smallest experiment: about two minutes
  overparam run fashion-mnist                            five methods on real images, about a minute and a half
  overparam run fashion-mnist --methods ponos,adam:lr=0.01 --seed 0-4 --epochs 30
  overparam run fashion-mnist --model mlp --data FOLDER  the network and the data of the paper
  overparam run fashion-mnist --ablation memory-rate --out results/memory
  overparam run fashion-mnist --resume                   continues after Ctrl-C, to the same numbers
  overparam run mushrooms --data FILE                    the convex experiment
  overparam list                                         experiments, ablations, methods
`;

/**
 * The command `overparam`.
 * @param argv without node and script
 * @returns the exit code: 0, 1 after an error, 130 after an interrupt
 */
export async function main(argv: readonly string[], terminal: Terminal = process): Promise<number> {
  let code = 0;
  const program = commandLine(terminal, (result) => (code = result))
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    });
  for (const command of program.commands) {
    command.copyInheritedSettings(program);
    command.commands.forEach((study) => study.copyInheritedSettings(program));
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    const { red } = colorsFor(terminal.stderr);
    const said = isOverparamError(error) || (error as NodeJS.ErrnoException).code !== undefined;
    const text = said ? (error as Error).message : String((error as Error).stack ?? error);
    terminal.stderr.write(`${red('error')}${isOverparamError(error) ? ` ${error.code}` : ''}: ${text}\n`);
    return 1;
  }
}

function commandLine(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command('overparam')
    .enablePositionalOptions()
    .description('Trains on real data with methods that need no learning rate, and shows what came out.')
    .version(version)
    .addHelpText('after', EXAMPLES);

  program
    .command('demo')
    .description('each system on its smallest experiment, and one report: about two minutes')
    .option('-o, --out <folder>', 'where to write (default: results/demo)')
    .option('-r, --resume', 'continue after Ctrl-C')
    .option('--overwrite', 'replace an earlier demo in that folder')
    .option('--no-open', "print the report's path instead of opening it")
    .action(async (options: DemoOptions) => done(await demoCommand(options, terminal)));

  const run = program
    .command('run')
    .enablePositionalOptions()
    .argument('<experiment>', "fashion-mnist or mushrooms: see 'overparam list'")
    .description('train with several methods; a table, results.json, report.html and picture.svg come out')
    .option('-m, --methods <list>', 'methods, separated by commas; options after colons: ponos:rho=0.25,adam:lr=0.01')
    .option('-a, --ablation <name>', "methods by the name of a comparison: see 'overparam list'")
    .option('--model <name>', 'linear, mlp (the paper’s: 784-512-256-10), or mlp-WIDTH-WIDTH... such as mlp-128')
    .option('-e, --epochs <n>', 'how often the training set is gone through')
    .option('-b, --batch <n>', 'samples in a batch')
    .option('-s, --seed <list>', 'seeds of parameters and order: 0 or 0,1,2 or 0-4', '0')
    .option('--backend <name>', 'wasm or cpu', 'wasm')
    .option('-d, --data <path>', 'your data: a folder or file of the kind that the experiment takes')
    .option('-o, --out <folder>', 'where to write (default: results/EXPERIMENT)')
    .option('-r, --resume', 'continue the interrupted session in that folder')
    .option('--overwrite', 'start again, and replace the session or the results in that folder')
    .option('--save-every <seconds>', 'how often to save within an epoch; after each epoch it is saved anyway', '30')
    .addHelpText('after', EXAMPLES)
    .action(async (experiment: string, _: unknown, command: Command) => {
      const options = command.opts<RunOptions>();
      const given = Object.entries(options).filter(([name]) => command.getOptionValueSource(name) === 'cli');
      done(await runCommand(experiment, Object.fromEntries(given), terminal));
    });

  for (const study of studies) {
    const command = run.command(study.name).description(`${study.title}. ${study.data}. Takes ${study.takes}.`);
    for (const { flags, about, default: usual } of study.options) command.option(flags, about, usual);
    command
      .option('-d, --data <path>', 'your data, where the study takes some')
      .option('-o, --out <folder>', `where to write (default: results/${study.name})`)
      .option('-r, --resume', 'continue the interrupted session in that folder')
      .option('--overwrite', 'start again, and replace the session or the results in that folder')
      .option('--save-every <seconds>', 'how often to save within a piece of work', '30')
      .action(async (_: unknown, command: Command) => {
        const { out, data, resume, overwrite, saveEvery, ...own } = command.opts<
          StudyCommandOptions & Record<string, string>
        >();
        const common = Object.entries({ out, data, resume, overwrite, saveEvery });
        const given = Object.fromEntries(common.filter(([, value]) => value !== undefined)) as StudyCommandOptions;
        done(await studyCommand(study, own, given, terminal));
      });
  }

  const redis = (): Option =>
    new Option('--redis <url>', 'redis://user:password@host:port, or rediss: for TLS').env('OVERPARAM_REDIS');
  program
    .command('sweep')
    .argument('<file>', 'a sweep.json: an experiment, and its options as values, lists or ranges')
    .description('train with all combinations of options, or with random ones, on all cores or on many machines')
    .option('-p, --processes <n>', 'how many runs at a time on this machine (default: one per core)')
    .addOption(redis().helpGroup('On many machines:'))
    .addOption(
      new Option('--queue <name>', 'the queue of the workers').default('sweeps').helpGroup('On many machines:'),
    )
    .option('-d, --data <folder>', 'the folder of the data that the sweep names')
    .option('-o, --out <folder>', 'where to write (default: results/FILE)')
    .option('-r, --resume', 'do what is missing: after Ctrl-C, or when the sweep has grown')
    .option('--overwrite', 'start again, and replace the sweep in that folder')
    .option('--save-every <seconds>', 'how often to save a run within an epoch', '30')
    .action(async (file: string, options: SweepOptions) => done(await sweepCommand(file, options, terminal)));

  program
    .command('worker')
    .description('take the runs of sweeps from a queue in Redis, one at a time, until Ctrl-C')
    .addOption(redis())
    .addOption(new Option('--parent', 'take them from the process that started this one').hideHelp())
    .option('--queue <name>', 'the queue', 'sweeps')
    .option('-d, --data <folder>', 'the folder of the data that jobs name; nothing outside of it is read')
    .option('--work <folder>', 'where to save runs under way (default: a temporary folder)')
    .option(
      '--takeover <seconds>',
      'after this number of seconds without a sign of life, another worker takes over',
      '60',
    )
    .option('--save-every <seconds>', 'how often to save a run within an epoch', '30')
    .action(async (options: WorkerOptions) => done(await workerCommand(options, terminal)));

  program
    .command('list')
    .description('the experiments with their data and ablations, and the methods')
    .action(() => listCommand(terminal));

  return program;
}
