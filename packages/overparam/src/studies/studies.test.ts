import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../command/main.ts';
import { forgetCheckpoints } from '../session/continuation.ts';
import { sink } from '../../test/sink.ts';
import { studies } from './index.ts';
import type { StudyResults } from './results.ts';
import { readStudyCheckpoint, runStudy } from './session.ts';
import type { Study } from './study.ts';

let out: string;
beforeEach(async () => void (out = await mkdtemp(join(tmpdir(), 'overparam-'))));
afterEach(() => rm(out, { recursive: true, force: true }));

async function command(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = { stdout: sink(), stderr: sink() };
  const code = await main(argv, terminal);
  return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}
const results = async (folder: string): Promise<StudyResults> =>
  JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')) as StudyResults;
/** Without what differs between two runs. */
const timeless = ({ pieces }: StudyResults): unknown =>
  JSON.parse(JSON.stringify(pieces, (key, value: unknown) => (key === 'seconds' ? 0 : value)));

const SMALL = ['--width', '40', '--samples', '20', '--test-samples', '50', '--steps', '40'];

describe('overparam run STUDY', () => {
  it('hidden-learning: sentences, a table, and three files', async () => {
    const { code, stdout, stderr } = await command(
      'run',
      'hidden-learning',
      ...SMALL,
      '--lambda',
      '20,2',
      '--out',
      out,
    );
    expect(stderr).toContain('3/3 gradient descent, lambda 200, tau0 0.1');
    expect(code).toBe(0);
    expect(stdout).toContain('Hidden learning: with');
    expect(stdout).toMatch(/Gauss-Newton, lambda 20, tau0 0\.1 +\d+ /);
    expect((await readdir(out)).sort()).toEqual(['picture.svg', 'report.html', 'results.json']);
    const { pieces } = await results(out);
    expect(pieces.length).toBe(3);
    const { measurements, stopped } = pieces[0]!.result as {
      measurements: { step: number; trainLoss: number }[];
      stopped: string;
    };
    expect(stopped).toBe('converged');
    expect(measurements.at(-1)!.trainLoss).toBeLessThanOrEqual(1e-8 * measurements[0]!.trainLoss);
    const report = await readFile(join(out, 'report.html'), 'utf8');
    for (const text of ["default-src 'none'", '<figure id="hidden-learning">', '<table', 'results.json'])
      expect(report).toContain(text);
  });

  it('nist: all 54 fits, with 8 digits and with 6', async () => {
    const { stdout } = await command('run', 'nist', '--out', out);
    expect(stdout).toContain('54 of 54 fits have 8 or more');
    expect(stdout).toContain('54 of 54 fits have 6 or more');
  });

  const housing = fileURLToPath(
    new URL('../../../../../shared/data/regression/california_housing.csv.gz', import.meta.url),
  );
  it.skipIf(!existsSync(housing))('california: learns from housing data (when the file is there)', async () => {
    const sizes = ['--samples', '200', '--width', '4', '--steps', '4', '--epochs', '4', '--batch', '50'];
    const { code } = await command('run', 'california', '--data', housing, ...sizes, '--out', out);
    expect(code).toBe(0);
    const { pieces } = await results(out);
    for (const { result } of pieces) {
      const { measurements } = result as { measurements: { train: number; test: number }[] };
      expect(measurements.length).toBe(5);
      expect(Math.min(...measurements.map(({ train }) => train))).toBeLessThan(measurements[0]!.train);
      expect(measurements.at(-1)!.test).toBeLessThan(2);
    }
    const starts = pieces.map(({ result }) => (result as { measurements: { train: number }[] }).measurements[0]!.train);
    starts.forEach((start) => expect(start).toBeCloseTo(starts[0]!, 5));
  });

  it('california: the original file, without a header, is the same data', async () => {
    const lines = Array.from({ length: 20_640 }, (_, i) => [
      -122 + (i % 7),
      38 + (i % 5),
      1 + (i % 50),
      880 + (i % 11),
      129 + (i % 13),
      322 + (i % 97),
      126,
      8 + (i % 3),
      452_600 + i,
    ]);
    await writeFile(join(out, 'cal_housing.data'), `${lines.map((line) => line.join()).join('\n')}\n`);
    const sizes = ['--samples', '50', '--width', '2', '--steps', '2', '--batch', '50', '--methods', 'lm'];
    const { code, stderr } = await command('run', 'california', '--data', out, ...sizes, '--out', join(out, 'results'));
    expect(code, stderr).toBe(0);
    const { pieces } = await results(join(out, 'results'));
    const { measurements } = pieces[0]!.result as { measurements: { train: number }[] };
    expect(measurements[0]!.train).toBeGreaterThan(0);
    expect(measurements[0]!.train).toBeLessThan(5);
  });

  it.each([
    [['hidden-learning', '--lambda', '-1'], 'BAD_OPTION', '--lambda'],
    [['hidden-learning', '--methods', 'gn,newton'], 'BAD_OPTION', 'newton'],
    [['hidden-learning', '--width', '1.5'], 'BAD_OPTION', '1.5'],
    [['nist', '--derivatives', 'exact'], 'BAD_OPTION', 'exact'],
    [['california'], 'DATA_MISSING', 'cal_housing.data'],
    [['california', '--methods', 'nonsense'], 'UNKNOWN_METHOD', 'nonsense'],
    [['nist', '--resume'], 'NOTHING_TO_RESUME', 'no unfinished session'],
  ] as const)('%j is an error', async (argv, error, says) => {
    const { code, stderr } = await command('run', ...argv, '--out', join(out, 'new'));
    expect(code).toBe(1);
    expect(stderr).toContain(error);
    expect(stderr).toContain(says);
  });

  it('each says in its help what it takes', async () => {
    for (const { name, options } of studies) {
      const { stdout } = await command('run', name, '--help');
      for (const { flags } of options) expect(stdout).toContain(flags);
    }
  });
});

describe('a session of a study', () => {
  const study = studies.find(({ name }) => name === 'hidden-learning')!;
  const settingsOf = async (): Promise<object> =>
    study.settings({
      methods: 'gn,gd',
      tau0: '0.1',
      lambda: '20,2',
      gdLambda: '20',
      width: '30',
      inputs: '4',
      samples: '15',
      testSamples: '30',
      steps: '30',
      seed: '1',
    });

  it.each([1, 7, 25, 60])('interrupted after %i moments, continues to the same numbers', async (moments) => {
    const settings = await settingsOf();
    const whole = await runStudy({ study, settings, out, saveEvery: 1e9, stop: () => false });
    await forgetCheckpoints(out);
    let passed = 0;
    const part = await runStudy({ study, settings, out, saveEvery: 1e9, stop: () => ++passed >= moments });
    expect(part).toBeUndefined();
    const from = await readStudyCheckpoint(out);
    const resumed = await runStudy({ study, settings, out, from, saveEvery: 0, stop: () => false });
    const plain = (outcomes: typeof whole): unknown => outcomes!.map(({ piece, result }) => ({ piece, result }));
    expect(plain(resumed)).toEqual(plain(whole));
  });

  it('does not replace another, is not continued with other settings, nor read when it is damaged', async () => {
    const settings = await settingsOf();
    let passed = 0;
    await runStudy({ study, settings, out, saveEvery: 1e9, stop: () => ++passed >= 3 });
    const again = await command('run', 'hidden-learning', ...SMALL, '--out', out);
    expect(again.stderr).toContain('UNFINISHED_SESSION');
    const other = await command('run', 'hidden-learning', ...SMALL, '--resume', '--out', out);
    expect(other.stderr).toContain('CHECKPOINT_FOREIGN');
    const path = join(out, 'study.overparam');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"step":', '"stop":'));
    const damaged = await command('run', 'hidden-learning', ...SMALL, '--resume', '--out', out);
    expect(damaged.stderr).toContain('CHECKPOINT_DAMAGED');
    const anew = await command('run', 'hidden-learning', ...SMALL, '--overwrite', '--methods', 'gd', '--out', out);
    expect(anew.code).toBe(0);
  });

  it('a study that fails leaves what was finished', async () => {
    const failing: Study<object, { label: string }, number> = {
      ...(study as Study<object, { label: string }, number>),
      pieces: () => ['a', 'b'].map((label) => ({ label })),
      work: ({ label }) => (label === 'a' ? Promise.resolve(1) : Promise.reject(new Error('no b'))),
    };
    await expect(
      runStudy({ study: failing as Study, settings: {}, out, saveEvery: 1, stop: () => false }),
    ).rejects.toThrow('no b');
    expect((await readStudyCheckpoint(out))!.finished).toMatchObject([{ label: 'a', result: 1 }]);
  });

  it('the same twice is the same', async () => {
    for (const folder of ['a', 'b'])
      await command(
        'run',
        'hidden-learning',
        ...SMALL,
        '--methods',
        'gn',
        '--lambda',
        '20',
        '--out',
        join(out, folder),
      );
    expect(timeless(await results(join(out, 'a')))).toEqual(timeless(await results(join(out, 'b'))));
  });
});
