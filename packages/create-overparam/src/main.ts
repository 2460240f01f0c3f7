import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { intro, isCancel, outro, select, text } from '@clack/prompts';
import { isOverparamError } from '@overparam/core';
import { Command, CommanderError, Option } from 'commander';
import { kinds, type Kind } from './kind.ts';
import { baseOf, nameProblem } from './package-name.ts';
import { scaffold } from './scaffold.ts';

/** Where the command reads and writes. It asks questions only if both ends are a terminal. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
}

const EXAMPLES = `
Examples:
  npm create overparam                                  asks
  npm create overparam my-method                        a method, in ./my-method
  npm create overparam @me/backend-mine -- --kind backend --folder mine
`;

interface Given {
  readonly kind?: Kind;
  readonly folder?: string;
  readonly yes?: boolean;
}

/**
 * The command `create-overparam`.
 * @param argv without node and script
 * @returns the exit code: 0, 1 after an error, 130 when a question was cancelled
 */
export async function main(argv: readonly string[], terminal: Terminal = process): Promise<number> {
  let code = 0;
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const program = new Command('create-overparam')
    .description('Makes a new method or backend for overparam: a small repository, ready to publish.')
    .argument('[name]', "of the package: 'my-method', '@me/my-method'")
    .addOption(new Option('-k, --kind <kind>', 'what to make').choices(Object.keys(kinds)))
    .option('-f, --folder <path>', 'where (default: the name without its scope)')
    .option('-y, --yes', 'ask nothing: a method, where no kind is given')
    .version((JSON.parse(manifest) as { version: string }).version)
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    })
    .action(async (name: string | undefined, given: Given) => void (code = await create(name, given, terminal)));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    const known = isOverparamError(error) || (error as NodeJS.ErrnoException).code !== undefined;
    terminal.stderr.write(`error: ${known ? (error as Error).message : String((error as Error).stack ?? error)}\n`);
    return 1;
  }
}

async function create(name: string | undefined, given: Given, terminal: Terminal): Promise<number> {
  const asks = !given.yes && terminal.stdin.isTTY === true && terminal.stdout.isTTY === true;
  const chosen = asks ? await ask(name, given, terminal) : { name, kind: given.kind ?? 'method' };
  if (chosen === 'cancelled') return 130;
  if (chosen.name === undefined) {
    terminal.stderr.write('error: give a name: npm create overparam my-method\n');
    return 1;
  }
  const folder = resolve(given.folder ?? baseOf(chosen.name));
  const files = await scaffold({ kind: chosen.kind, name: chosen.name, folder });
  const shown = relative(process.cwd(), folder) || '.';
  const next = [`cd ${shown}`, 'npm install', 'npm test'].filter((_, i) => i > 0 || shown !== '.');
  const done = `${files.length} files in ${shown}: src/${baseOf(chosen.name)}.ts is where to begin.\n`;
  terminal.stdout.write(`${done}\n${next.map((line) => `  ${line}\n`).join('')}`);
  return 0;
}

async function ask(
  name: string | undefined,
  { kind }: Given,
  { stdin: input, stdout: output }: Terminal,
): Promise<{ name: string; kind: Kind } | 'cancelled'> {
  const streams = { input, output };
  intro('create-overparam', streams);
  const options = Object.entries(kinds).map(([value, hint]) => ({ value: value as Kind, label: value, hint }));
  const chosenKind = kind ?? (await select({ ...streams, message: 'What shall it be?', options }));
  if (isCancel(chosenKind)) return 'cancelled';
  const validate = (answer: string | undefined): string | undefined => nameProblem(answer ?? '');
  const placeholder = `my-${chosenKind}`;
  const chosenName = name ?? (await text({ ...streams, message: 'What is it called on npm?', placeholder, validate }));
  if (isCancel(chosenName)) return 'cancelled';
  outro('Here it comes.', streams);
  return { name: chosenName, kind: chosenKind };
}
