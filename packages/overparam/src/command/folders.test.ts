import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sink } from '../../test/sink.ts';
import { claimFolder, lockIn } from '../session/folder-lock.ts';
import { main } from './main.ts';

let out: string;
beforeEach(async () => void (out = await mkdtemp(join(tmpdir(), 'overparam-'))));
afterEach(() => rm(out, { recursive: true, force: true }));

async function command(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = { stdout: sink(), stderr: sink() };
  const code = await main(argv, terminal);
  return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

const TRAINING = ['run', 'fashion-mnist', '--model', 'linear', '-b', '10000', '-e', '1', '-m', 'sgd'];
const STUDY = ['run', 'hidden-learning', '--width', '8', '--samples', '6', '--test-samples', '5', '--steps', '2', '-m', 'gd']; // prettier-ignore

/** Every file below a folder, with its content. */
async function contents(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      found[path.slice(folder.length + 1)] = await readFile(path, 'latin1');
    }
  return found;
}

async function sweepFile(lambda: readonly number[]): Promise<string> {
  const path = `${out}.json`;
  const options = { methods: 'gd', width: 8, samples: 6, 'test-samples': 5, steps: 2, 'gd-lambda': lambda };
  await writeFile(path, JSON.stringify({ experiment: 'hidden-learning', options }));
  return path;
}

/** A file that names a run of a sweep. */
const HASH = '0123456789abcdef0123456789abcdef';
const newerRun = JSON.stringify({ format: 'overparam-sweep-run', version: 2 });

describe('finished results', () => {
  it.each([
    ['a training', TRAINING, ['--seed', '1']],
    ['a study', STUDY, ['--seed', '5']],
  ])('of %s are not lost, unless the user says so', async (_, run, other) => {
    expect((await command(...run, '-o', out)).code).toBe(0);
    const before = await contents(out);
    for (const again of [run, [...run, ...other], TRAINING, STUDY]) {
      const { code, stderr } = await command(...again, '-o', out);
      expect([code, stderr]).toEqual([1, expect.stringContaining('error RESULTS_EXIST: ')]);
      expect(stderr).toContain('--overwrite');
    }
    const sweep = await command('sweep', await sweepFile([1]), '--overwrite', '-o', out);
    expect([sweep.code, sweep.stderr]).toEqual([1, expect.stringContaining('error FOLDER_FOREIGN: ')]);
    expect(await contents(out)).toEqual(before);
    expect((await command(...run, ...other, '--overwrite', '-o', out)).code).toBe(0);
    expect((await contents(out))['results.json']).not.toBe(before['results.json']);
  });

  it('of one kind are not lost to an unfinished session of the other kind', async () => {
    await writeFile(join(out, 'session.overparam'), 'anything');
    const { stderr } = await command(...STUDY, '-o', out);
    expect(stderr).toContain('error UNFINISHED_SESSION: ');
  });

  it.each(['report.html', 'picture.svg', 'results.json'])(
    '%s of another program stays, whatever the options',
    async (name) => {
      await writeFile(join(out, name), '{"mine": true}');
      for (const more of [[], ['--overwrite']])
        for (const run of [TRAINING, STUDY, ['sweep', await sweepFile([1])], ['demo']]) {
          const { code, stderr } = await command(...run, ...more, '-o', out);
          expect([code, stderr]).toEqual([1, expect.stringContaining('error FOLDER_FOREIGN: ')]);
          expect(stderr).toContain(name);
        }
      expect(await contents(out)).toEqual({ [name]: '{"mine": true}' });
    },
  );
});

describe('a checkpoint that cannot be read', () => {
  it.each([
    ['session.overparam', TRAINING, 'OVERPARAM-SESSION 2 abc\n', 'CHECKPOINT_NEWER'],
    ['session.overparam', TRAINING, 'OVERPARAM-SESSION 1 abc\n', 'CHECKPOINT_DAMAGED'],
    ['study.overparam', STUDY, 'OVERPARAM-STUDY 2 abc\n', 'CHECKPOINT_NEWER'],
    ['study.overparam', STUDY, 'OVERPARAM-STUDY 1 abc\n', 'CHECKPOINT_DAMAGED'],
    ['study.overparam', STUDY, 'nothing of ours', 'CHECKPOINT_DAMAGED'],
    ['study.overparam', STUDY, '', 'CHECKPOINT_DAMAGED'],
    // The checksum is right, and the content is not a study's.
    ['study.overparam', STUDY, 'OVERPARAM-STUDY 1 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n{}', 'CHECKPOINT_DAMAGED'], // prettier-ignore
  ])('%s of %j, %j, is kept until --overwrite', async (name, run, content, code) => {
    await writeFile(join(out, name), content);
    for (const more of [[], ['--resume']]) {
      const refused = await command(...run, ...more, '-o', out);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(`error ${code}: `)]);
      expect(refused.stderr).toContain('--overwrite');
    }
    expect(await contents(out)).toEqual({ [name]: content });
    expect((await command(...run, '--overwrite', '-o', out)).code).toBe(0);
    expect((await readdir(out)).sort()).toEqual(['picture.svg', 'report.html', 'results.json']);
  });
});

describe('overparam sweep --overwrite', () => {
  it('refuses a folder that it does not know, and leaves everything in it', async () => {
    await mkdir(join(out, 'runs'));
    const mine = { 'thesis.tex': 'years of work', 'runs/notes.json': '{}', [`runs/${HASH}.json`]: '{"mine": true}' };
    for (const [name, content] of Object.entries(mine)) await writeFile(join(out, name), content);
    const { code, stderr } = await command('sweep', await sweepFile([1]), '--overwrite', '-o', out);
    expect([code, stderr]).toEqual([1, expect.stringContaining('error FOLDER_FOREIGN: ')]);
    expect(await contents(out)).toEqual(mine);
  });

  it('removes what a sweep wrote, and nothing else', async () => {
    const folder = join(out, 'swept');
    expect((await command('sweep', await sweepFile([1, 2]), '-p', '1', '-o', folder)).code).toBe(0);
    const first = Object.keys(await contents(folder));
    expect(first.length).toBe(5);
    const mine = { 'notes.txt': 'mine', 'runs/notes.json': '{}', 'work/plan.txt': 'mine', [`work/${HASH}/data.csv`]: '1,2' }; // prettier-ignore
    await mkdir(join(folder, 'work', HASH), { recursive: true });
    for (const [name, content] of Object.entries(mine)) await writeFile(join(folder, name), content);
    await writeFile(join(folder, 'work', HASH, 'study.overparam'), 'a run under way');

    const other = await sweepFile([3]);
    expect((await command('sweep', other, '-o', folder)).stderr).toContain('error RESULTS_EXIST: ');
    expect((await command('sweep', other, '--resume', '-o', folder)).stderr).toContain('error RESULTS_EXIST: ');
    const { code, stderr } = await command('sweep', other, '--overwrite', '-p', '1', '-o', folder);
    expect(code, stderr).toBe(0);
    const after = await contents(folder);
    expect(after).toMatchObject(mine);
    const ours = Object.keys(after).filter((name) => !(name in mine));
    expect(ours.length).toBe(4);
    expect(ours.filter((name) => first.includes(name)).sort()).toEqual(['picture.svg', 'report.html', 'results.json']);
  }, 120_000);

  it('keeps a run that a newer version wrote', async () => {
    const folder = join(out, 'swept');
    const sweep = await sweepFile([1]);
    expect((await command('sweep', sweep, '-p', '1', '-o', folder)).code).toBe(0);
    const [run] = await readdir(join(folder, 'runs'));
    await writeFile(join(folder, 'runs', run!), newerRun);
    const { stderr } = await command('sweep', sweep, '--resume', '-p', '1', '-o', folder);
    expect(stderr).toContain('error RUN_NEWER: ');
    expect(await readFile(join(folder, 'runs', run!), 'utf8')).toBe(newerRun);
  }, 120_000);
});

describe('overparam demo --overwrite', () => {
  it('leaves what is not a demo', async () => {
    await mkdir(join(out, 'ponos'));
    const mine = { 'letter.txt': 'mine', 'ponos/results.json': '{"mine": true}' };
    for (const [name, content] of Object.entries(mine)) await writeFile(join(out, name), content);
    const { code, stderr } = await command('demo', '--overwrite', '-o', out);
    expect([code, stderr]).toEqual([1, expect.stringContaining('error FOLDER_FOREIGN: ')]);
    expect(await contents(out)).toEqual(mine);
  });
});

describe('a folder in use', () => {
  it('is refused to others, with the name of the process', async () => {
    const release = await claimFolder(out);
    for (const run of [TRAINING, STUDY, ['sweep', await sweepFile([1])], ['demo']]) {
      const { code, stderr } = await command(...run, '-o', out);
      expect([code, stderr]).toEqual([1, expect.stringContaining('error FOLDER_IN_USE: ')]);
      expect(stderr).toContain(`process ${process.pid} since `);
    }
    expect((await command('worker', '--redis', 'redis://127.0.0.1:1', '--work', out)).stderr).toContain(
      'FOLDER_IN_USE',
    );
    await release();
    expect(await readdir(out)).toEqual([]);
    expect((await command(...STUDY, '-o', out)).code).toBe(0);
  });

  it('is taken by exactly one of many who want it at the same time, a stale lock or none', async () => {
    const dead = await ended();
    let rounds = 0;
    const lock = JSON.stringify({ pid: dead, host: hostname(), born: null, started: 'long ago' });
    for (const stale of Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? undefined : lock))) {
      if (stale !== undefined) await writeFile(lockIn(out), stale);
      // So does a process that died while it replaced a stale lock.
      if (stale !== undefined && rounds++ % 2 === 0) await writeFile(`${lockIn(out)}.stale`, stale);
      const claims = await Promise.allSettled(Array.from({ length: 20 }, () => claimFolder(out)));
      const taken = claims.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value] : []));
      expect(taken.length).toBe(1);
      for (const claim of claims)
        if (claim.status === 'rejected') expect(claim.reason).toMatchObject({ code: 'FOLDER_IN_USE' });
      await taken[0]!();
      expect(await readdir(out)).toEqual([]);
    }
  });

  it.each<[string, (dead: number) => string]>([
    ['of a process that has ended', (pid) => JSON.stringify({ pid, host: hostname(), born: null, started: '' })],
    ['of another process that had the same number', () => JSON.stringify({ pid: process.pid, host: hostname(), born: 'before', started: '' })], // prettier-ignore
  ])('a lock %s is stale', async (_, lock) => {
    await writeFile(lockIn(out), lock(await ended()));
    await (
      await claimFolder(out)
    )();
    expect(await readdir(out)).toEqual([]);
  });

  it('of another machine, or being written, is left alone', async () => {
    for (const lock of [JSON.stringify({ pid: 1, host: 'elsewhere', born: null, started: 'today' }), '']) {
      await writeFile(lockIn(out), lock);
      await expect(claimFolder(out)).rejects.toMatchObject({ code: 'FOLDER_IN_USE' });
      expect(await readFile(lockIn(out), 'utf8')).toBe(lock);
    }
    await writeFile(lockIn(out), JSON.stringify({ pid: 1, host: 'elsewhere', born: null, started: 'today' }));
    await expect(claimFolder(out)).rejects.toThrow(`process 1 on elsewhere since today`);
    await expect(claimFolder(out)).rejects.toThrow(`delete ${lockIn(out)}`);
  });

  it('that was made for a refused command is removed again', async () => {
    const folder = join(out, 'new/and/empty');
    expect((await command(...STUDY, '--resume', '-o', folder)).stderr).toContain('NOTHING_TO_RESUME');
    expect(await readdir(out)).toEqual([]);
  });
});

/** The number of a process that has ended. */
async function ended(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => child.on('close', resolve));
  return child.pid!;
}
