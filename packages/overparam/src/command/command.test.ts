import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bin, built } from '../../test/built.ts';
// In this file, because all that it imports takes longer than it does.
import '../../test/demo.ts';
import { sink } from '../../test/sink.ts';
import { parseResults } from '../results/results.ts';
import { main } from './main.ts';

let out: string;
beforeEach(async () => void (out = await mkdtemp(join(tmpdir(), 'overparam-'))));
afterEach(() => rm(out, { recursive: true, force: true }));

const STUDY = ['run', 'hidden-learning', '--width', '8', '--samples', '6', '--test-samples', '5', '--steps', '2', '-m', 'gd']; // prettier-ignore

/** What a session of three epochs of five steps takes. */
const SMALL = ['--model', 'mlp-4', '--batch', '2000', '--epochs', '3'];

async function command(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = { stdout: sink(), stderr: sink() };
  const code = await main(argv, terminal);
  return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

const numbers = async (folder: string): Promise<unknown> => {
  const results = parseResults(await readFile(join(folder, 'results.json'), 'utf8'));
  return JSON.parse(JSON.stringify(results, (key, value: unknown) => (/^(seconds|finished)$/.test(key) ? 0 : value)));
};

describe('overparam', () => {
  it('without a command, and with --help, says what there is', async () => {
    for (const argv of [['--help'], ['help']])
      expect((await command(...argv)).stdout).toContain('overparam run fashion-mnist');
    const help = (await command('run', '--help')).stdout;
    for (const option of ['--methods', '--seed', '--resume', '--ablation', 'Examples:']) expect(help).toContain(option);
    expect((await command('--version')).stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('lists experiments, ablations and methods', async () => {
    const { code, stdout } = await command('list');
    expect(code).toBe(0);
    for (const word of ['fashion-mnist', 'mushrooms', 'memory-rate', 'zhang-reset4', 'adam'])
      expect(stdout).toContain(word);
  });

  it('run: a table, and three files', async () => {
    const { code, stdout, stderr } = await command(
      'run',
      'fashion-mnist',
      ...SMALL,
      '-m',
      'ponos,adam',
      '-s',
      '0,1',
      '-o',
      out,
    );
    expect(code).toBe(0);
    expect(stderr).toContain('4/4 Adam, lr 0.001 seed 1 epoch 3/3  train loss');
    expect(stdout).toMatch(/PoNoS +3 +\d\.\d+ +\d+\.\d %/);
    expect(stdout).toContain('report.html');
    expect((await readdir(out)).sort()).toEqual(['picture.svg', 'report.html', 'results.json']);
    const { runs, plan } = parseResults(await readFile(join(out, 'results.json'), 'utf8'));
    expect(plan.methods).toEqual(['ponos', 'adam:lr=0.001']);
    expect(runs.map(({ method, seed }) => `${method} ${seed}`)).toEqual([
      'ponos 0',
      'adam:lr=0.001 0',
      'ponos 1',
      'adam:lr=0.001 1',
    ]);
    // No colour codes in a pipe.
    expect(stdout + stderr).not.toMatch(/\u001b/);
  });

  it('on a terminal shows a live line that fits, and gives the cursor back', async () => {
    const terminal = { stdout: sink(), stderr: Object.assign(sink(), { isTTY: true, columns: 100 }) };
    const argv = ['run', 'fashion-mnist', ...SMALL, '-m', 'ponos', '-o', out];
    expect(await main(argv, terminal)).toBe(0);
    const { text } = terminal.stderr;
    expect(text).toMatch(/epoch 1\/3 {2}batch \d\/5 {2}loss \d.* step \d.* left/);
    expect(text).toMatch(/train loss .* test accuracy/);
    expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'));
    // Each redraw begins in the first column.
    const drawn = text.split('\u001b[1G').flatMap((part) => stripVTControlCharacters(part).split('\n'));
    expect(drawn.length).toBeGreaterThan(5);
    for (const line of drawn) expect(line.length).toBeLessThanOrEqual(100);
  });

  it.each([
    [['run', 'nonsense'], 'UNKNOWN_EXPERIMENT', 'mushrooms'],
    [['run', 'fashion-mnist', '-m', 'nonsense'], 'UNKNOWN_METHOD', 'ponos'],
    [['run', 'fashion-mnist', '-m', 'ponos:xii=1'], 'UNKNOWN_OPTION', "'xi'"],
    [['run', 'fashion-mnist', '-m', 'ponos,ponos'], 'BAD_OPTION', 'twice'],
    [['run', 'fashion-mnist', '-m', 'ponos', '-a', 'reset'], 'BAD_OPTION', 'one of them'],
    [['run', 'fashion-mnist', '-a', 'nonsense'], 'UNKNOWN_ABLATION', 'memory-rate'],
    [['run', 'fashion-mnist', '--backend', 'abacus'], 'UNKNOWN_BACKEND', 'wasm, cpu'],
    [['run', 'fashion-mnist', '--model', 'resnet'], 'BAD_OPTION', 'mlp-128'],
    [['run', 'fashion-mnist', '--epochs', '0'], 'BAD_OPTION', '--epochs is "0"'],
    [['run', 'fashion-mnist', '--epochs', '1e1'], 'BAD_OPTION', 'whole number'],
    [['run', 'fashion-mnist', '--batch', '10001'], 'BAD_OPTION', '10000 samples'],
    [['run', 'fashion-mnist', '--seed', '1,-2'], 'BAD_OPTION', '0-4'],
    [['run', 'fashion-mnist', '--save-every', 'now'], 'BAD_OPTION', '--save-every'],
    [['run', 'fashion-mnist', '--data', 'no/such/folder'], 'DATA_MISSING', 'train-images-idx3-ubyte.gz'],
    [['run', 'mushrooms'], 'DATA_MISSING', '--data FILE'],
    [['run', 'mushrooms', '--data', 'no/such/file'], 'DATA_MISSING', 'no/such/file'],
    [['run', 'fashion-mnist', '--resume'], 'NOTHING_TO_RESUME', 'without --resume'],
    [['run', 'fashion-mnist', '--resume', '--overwrite'], 'BAD_OPTION', 'exclude'],
  ])('%j is refused with %s', async (argv, code, says) => {
    const outcome = await command(...argv, '--out', join(out, 'results'));
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`error ${code}: `);
    expect(outcome.stderr).toContain(says);
  });

  it.each([[['rum']], [['run']], [['run', 'fashion-mnist', '--epoch', '3']], [['run', 'fashion-mnist', 'mushrooms']]])(
    '%j is refused with a hint',
    async (argv) => {
      const { code, stderr } = await command(...argv);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: /);
    },
  );

  it('refuses a folder that cannot be written to, before it trains', async () => {
    await writeFile(join(out, 'file'), '');
    const { code, stderr } = await command('run', 'fashion-mnist', ...SMALL, '-o', join(out, 'file'));
    expect(code).toBe(1);
    expect(stderr).toContain('error UNWRITABLE: ');
    expect(stderr).not.toContain('epoch 0');
  });

  it('trains nothing again when only the results could not be written', async () => {
    // A folder where the temporary file belongs.
    await mkdir(join(out, 'report.html.tmp'));
    const run = ['run', 'fashion-mnist', ...SMALL, '-m', 'adam', '-o', out];
    expect((await command(...run)).stderr).toContain('error UNWRITABLE: ');
    await rm(join(out, 'report.html.tmp'), { recursive: true });
    const { code, stderr } = await command('run', 'fashion-mnist', '--resume', '-o', out);
    expect(code).toBe(0);
    expect(stderr).not.toContain('epoch');
    expect((await readdir(out)).sort()).toEqual(['picture.svg', 'report.html', 'results.json']);
  });

  it('refuses a damaged checkpoint', async () => {
    await writeFile(join(out, 'session.overparam'), 'OVERPARAM-SESSION 1 abc\nnothing');
    const { code, stderr } = await command('run', 'fashion-mnist', '--resume', '-o', out);
    expect(code).toBe(1);
    expect(stderr).toContain('error CHECKPOINT_DAMAGED: ');
  });
});

describe('the process overparam', () => {
  beforeAll(built, 300_000);

  /** Runs it, and signals it when it has written what `at` looks for. */
  function child(argv: readonly string[], at?: RegExp, ...signals: readonly NodeJS.Signals[]) {
    const running = spawn(process.execPath, [bin, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    let pending = [...signals];
    running.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (!at?.test(stderr)) return;
      pending.forEach((signal) => running.kill(signal));
      pending = [];
    });
    return new Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>((resolve) =>
      running.on('close', (code, signal) => resolve({ code, signal, stderr })),
    );
  }

  it('ends quietly when nobody reads on', async () => {
    const listing = spawn(process.execPath, [bin, 'list'], { stdio: ['ignore', 'pipe', 'pipe'] });
    listing.stdout.destroy();
    let stderr = '';
    listing.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await new Promise((resolve) => listing.on('close', resolve))).toBe(0);
    expect(stderr).toBe('');
  });

  const methods = ['-m', 'ponos:direction=adam,adam'];

  it('interrupted or killed at any time, and resumed, comes to the same numbers', async () => {
    const whole = join(out, 'whole');
    const run = ['run', 'fashion-mnist', ...SMALL, ...methods];
    expect((await child([...run, '-o', whole])).code).toBe(0);
    const expected = await numbers(whole);
    const broken = join(out, 'broken');

    const interrupted = await child([...run, '-o', broken], /1\/2 .* epoch 1\/3/, 'SIGINT');
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain(`overparam run fashion-mnist --resume --out ${broken}`);

    const again = await child([...run, '-o', broken]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('error UNFINISHED_SESSION: ');
    for (const [option, value] of [
      ['--epochs', '4'],
      ['--seed', '1'],
      ['-m', 'adam'],
      ['--backend', 'cpu'],
    ] as const) {
      // prettier-ignore
      const { code, stderr } = await command('run', 'fashion-mnist', '--resume', '-o', broken, option, value);
      expect([code, stderr], option).toEqual([1, expect.stringContaining('error CHECKPOINT_FOREIGN: ')]);
    }
    expect((await command('run', 'mushrooms', '--resume', '-o', broken)).stderr).toContain('CHECKPOINT_FOREIGN');

    const resume = ['run', 'fashion-mnist', '--resume', '-o', broken];
    const killed = await child([...resume, '--save-every', '0'], /epoch 2\/3/, 'SIGKILL');
    expect(killed.signal).toBe('SIGKILL');
    const terminated = await child(resume, /2\/2 .* epoch 1\/3/, 'SIGTERM');
    expect(terminated.code).toBe(130);
    expect((await child(resume)).code).toBe(0);
    expect(await numbers(broken)).toEqual(expected);
    expect((await child(resume)).stderr).toContain('NOTHING_TO_RESUME');
  }, 240_000);

  it('ends at once at a second interrupt, within a step that takes minutes, and can be started again', async () => {
    // One step factors a matrix of 5000 x 5000 in float64.
    const long = ['run', 'hidden-learning', '-m', 'gn', '--lambda', '1', '--samples', '5000', '--width', '200'];
    const run = [...long, '--test-samples', '10', '--out', out];
    // The second interrupt follows when the first has been heard.
    const running = spawn(process.execPath, [bin, ...run], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    let sent = 0;
    running.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      const due = Number(stderr.includes('Rethinking')) + Number(stderr.includes('Finishing the step'));
      for (; sent < due; sent++) running.kill('SIGINT');
    });
    const signal = await new Promise((resolve) => running.on('close', (_, signal) => resolve(signal)));
    expect([signal, sent]).toEqual(['SIGINT', 2]);
    expect(stderr).not.toContain('Saved');
    // Its lock is stale.
    expect((await command(...STUDY, '--overwrite', '--out', out)).code).toBe(0);
  }, 120_000);

  it('names the process that uses the folder', async () => {
    const run = ['run', 'fashion-mnist', ...SMALL, '--epochs', '5000', '-m', 'adam', '-o', out];
    const first = spawn(process.execPath, [bin, ...run], { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise((resolve) => first.stderr.once('data', resolve));
    const second = await child(run);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('error FOLDER_IN_USE: ');
    expect(second.stderr).toContain(`process ${first.pid} since `);
    first.kill('SIGKILL');
    await new Promise((resolve) => first.on('close', resolve));
    expect((await child([...run, '--overwrite', '--epochs', '1'])).code).toBe(0);
  }, 120_000);
});
