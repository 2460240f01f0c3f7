import fc from 'fast-check';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { built } from '../../test/built.ts';
import { sampleResults } from '../../test/sample-results.ts';
import { sink } from '../../test/sink.ts';
// In this file, because all that they import takes longer than they do.
import '../../test/sweep-on-redis.ts';
import { main } from '../command/main.ts';
import { median, quantile } from '../results/quantile.ts';
import { version } from '../version.ts';
import { hashOf, parseConfiguration, type Configuration } from './configuration.ts';
import { configurationsOf } from './configurations.ts';
import { dataIn } from './data-folder.ts';
import { finishedRun, measuresOf, parseFinishedRun, type FinishedRun } from './finished-run.ts';
import { sweepFindings } from './findings.ts';
import type { SweepResults } from './results.ts';
import { localCrew } from './local-crew.ts';
import { parseSweep, type SweepFile } from './sweep-file.ts';

let out: string;
beforeAll(built, 300_000);
beforeEach(async () => void (out = await mkdtemp(join(tmpdir(), 'overparam-'))));
afterEach(() => rm(out, { recursive: true, force: true }));

async function command(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = { stdout: sink(), stderr: sink() };
  const code = await main(argv, terminal);
  return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

const TINY = { methods: 'gn', width: 20, samples: 10, 'test-samples': 20, steps: 5, tau0: 0.1 };

async function sweepOf(options: object): Promise<string> {
  const path = join(out, 'tiny.json');
  await writeFile(path, JSON.stringify({ experiment: 'hidden-learning', options: { ...TINY, ...options } }));
  return path;
}

/** A run of a sweep as a worker would report it. */
function run(options: Record<string, string>, seed: number, trainLoss: number | null): FinishedRun {
  const results = sampleResults({ methods: [options['methods'] ?? 'ponos'], seeds: [seed], epochs: 2 });
  const runs = results.runs.map((one) => ({ ...one, epochs: one.epochs.map((epoch) => ({ ...epoch, trainLoss })) }));
  const configuration = {
    overparam: version,
    experiment: 'fashion-mnist',
    options: { ...options, seed: String(seed) },
  };
  return finishedRun(configuration, { ...results, runs });
}

describe('overparam sweep', () => {
  it('on this machine: each run once, those of before kept, a table and a report', async () => {
    const folder = join(out, 'swept');
    const small = await sweepOf({ lambda: [10, 1], seed: 0 });
    const first = await command('sweep', small, '--processes', '2', '--out', folder);
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('2/2 hidden-learning')]);
    expect(first.stdout).toMatch(/lambda 10 +1 +\d/);
    expect((await readdir(folder)).sort()).toEqual(['picture.svg', 'report.html', 'results.json', 'runs']);
    expect((await command('sweep', small, '--out', folder)).stderr).toContain('error UNFINISHED_SESSION: ');
    const [kept, damaged] = await readdir(join(folder, 'runs'));
    const keptRun = await stat(join(folder, 'runs', kept!));
    // A damaged file is a run to be done again.
    await writeFile(join(folder, 'runs', damaged!), '{');

    const larger = await sweepOf({ lambda: [10, 1], seed: '0-1' });
    const again = await command('sweep', larger, '--resume', '--processes', '1', '--out', folder);
    expect(again.code).toBe(0);
    expect(again.stderr.match(/\d\/4/g)).toEqual(['2/4', '3/4', '4/4']);
    expect(again.stdout).toMatch(/lambda 1 +2 +\S+ \[\S+, \S+\]/);
    expect((await stat(join(folder, 'runs', kept!))).mtimeMs).toBe(keptRun.mtimeMs);
    const results = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')) as SweepResults;
    expect(results.runs.length).toBe(4);

    // As the study alone has it.
    const options = Object.entries({ ...TINY, lambda: 10, seed: 1 }).flatMap(([name, value]) => [
      `--${name}`,
      String(value),
    ]);
    await command('run', 'hidden-learning', ...options, '--out', join(out, 'alone'));
    const alone = JSON.parse(await readFile(join(out, 'alone/results.json'), 'utf8')) as {
      pieces: { result: unknown }[];
    };
    const { hash } = results.runs.find(
      ({ configuration: { options } }) => options['lambda'] === '10' && options['seed'] === '1',
    )!;
    const swept = parseFinishedRun(await readFile(join(folder, 'runs', `${hash}.json`), 'utf8'), hash);
    expect((swept.results as unknown as typeof alone).pieces[0]!.result).toEqual(alone.pieces[0]!.result);
  });

  it.each<[object, string[], string, string]>([
    [{ lambda: 'fast' }, [], 'BAD_OPTION', '--lambda'],
    [{ lambda: '1,2' }, [], 'BAD_CONFIGURATION', 'one piece'],
    [{ lambda: 1 }, ['--processes', '0'], 'BAD_OPTION', '--processes'],
    [{ lambda: 1 }, ['--processes', '2', '--redis', 'redis://127.0.0.1'], 'BAD_OPTION', 'overparam worker'],
    [{ lambda: 1 }, ['--resume', '--overwrite'], 'BAD_OPTION', 'exclude'],
    [{ lambda: 1, data: '../x' }, ['--data', '.'], 'DATA_OUTSIDE', '../x'],
  ])('%j %j is refused before anything is begun', async (options, argv, code, says) => {
    const { stderr } = await command('sweep', await sweepOf(options), ...argv, '--out', join(out, 'swept'));
    expect(stderr).toContain(`error ${code}: `);
    expect(stderr).toContain(says);
    expect(await readdir(out)).toEqual(['tiny.json']);
  });

  it('without a file, or without anywhere to take jobs from, says so', async () => {
    expect((await command('sweep', join(out, 'none.json'))).stderr).toContain('none.json');
    expect((await command('worker')).stderr).toContain('OVERPARAM_REDIS');
  });
});

describe('the processes of a sweep', () => {
  const options = { methods: 'adam', model: 'mlp-4', batch: '2000', epochs: '200', seed: '0' };
  const configuration: Configuration = { overparam: version, experiment: 'fashion-mnist', options };
  const hash = hashOf(configuration);
  const crew = () => localCrew({ processes: 1, folderOf: (hash) => join(out, hash), data: undefined, saveEvery: 0 });

  /** The children of this process, where the system lists them. */
  const children = (): Promise<string[]> =>
    readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').then(
      (text) => text.split(' ').filter(Boolean),
      () => [],
    );

  it('may be killed: another continues from the checkpoint; and a signal saves', async () => {
    const stop = new AbortController();
    const before = new Set(await children());
    let killed = NaN;
    let first = NaN;
    await crew()(
      new Map([[hash, configuration]]),
      {
        async progressed(_, { done }) {
          if (Number.isNaN(killed) && done > 0.05) {
            killed = done;
            for (const child of await children()) if (!before.has(child)) process.kill(Number(child), 'SIGKILL');
          } else if (done > killed) {
            first ||= done;
            stop.abort();
          }
        },
        finished: () => Promise.reject(new Error('not stopped')),
        failed: (_, { message }) => expect.unreachable(message),
      },
      stop.signal,
    );
    expect(killed).toBeGreaterThan(0);
    // It did not start again: 200 epochs would be a long way.
    expect(first).toBeGreaterThanOrEqual(killed);
    expect(await readdir(join(out, hash))).toEqual(['session.overparam']);
  });
});

describe('what a sweep finds', () => {
  const runs = ['adam:lr=0.001', 'adam:lr=0.01', 'adam:lr=0.1'].flatMap((methods, i) =>
    [0, 1, 2, 3].map((seed) => run({ methods, epochs: '2' }, seed, i === 2 && seed > 1 ? null : 10 ** -i * (1 + seed))),
  );
  const { text, tables, figures } = sweepFindings(runs, 1);

  it('are medians and quartiles over seeds; what is not finite is larger than all that is', () => {
    expect(text[0]).toBe('fashion-mnist: 12 runs, 3 settings, 4 seeds. All with epochs 2.');
    expect(text[1]).toContain('1 more runs have failed');
    const { head, rows } = tables[0]!;
    expect(head.slice(0, 3)).toEqual(['setting', 'seeds', 'train loss']);
    expect(rows.map(([label, seeds, loss]) => [label, seeds, loss])).toEqual([
      ['Adam, lr 0.001', '4', '2.50 [1.75, 3.25]'],
      ['Adam, lr 0.01', '4', '0.250 [0.175, 0.325]'],
      ['Adam, lr 0.1', '4', 'not finite [0.0175, not finite]'],
    ]);
  });

  it('are drawn: curves, a measure against what varies, every run', () => {
    const names = figures.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['loss-epochs', 'accuracy-epochs', 'train-loss-lr', 'train-loss']));
    const against = figures.find(({ name }) => name === 'train-loss-lr')!;
    expect(against.numbers.slice(0, 3)).toEqual([
      ['setting', 'lr', 'train loss: median', 'lower quartile', 'upper quartile'],
      ['adam', 0.001, 2.5, 1.75, 3.25],
      ['adam', 0.01, 0.25, expect.closeTo(0.175, 9), expect.closeTo(0.325, 9)],
    ]);
    const every = figures.find(({ name }) => name === 'train-loss')!;
    expect(every.numbers.length).toBe(13);
    expect(every.numbers.at(-1)).toEqual(['Adam, lr 0.1', '3', null]);
  });

  it('quantiles lie between neighbours', () => {
    expect([0, 0.25, 0.5, 1].map((p) => quantile([4, 1, 2, 3], p))).toEqual([1, 1.75, 2.5, 4]);
    expect(median([3, 1, 2])).toBe(2);
    expect(median([])).toBeNaN();
    expect(quantile([1, Infinity, Infinity], 0.75)).toBe(Infinity);
    expect(quantile([1, Infinity], 0.5)).toBe(Infinity);
  });

  it.each<[string, (run: FinishedRun) => unknown]>([
    ['of another hash', (run) => ({ ...run, configuration: { ...run.configuration, options: {} } })],
    ['of another experiment', (run) => ({ ...run, results: { ...run.results, plan: { ...(run.results as { plan?: object }).plan, experiment: 'mushrooms' } } })], // prettier-ignore
    ['without runs', (run) => ({ ...run, results: { ...run.results, runs: [] } })],
    ['with more', (run) => ({ ...run, more: 1 })],
    ['of a study that has other pieces', (run) => ({ ...run, results: { format: 'overparam-study' } })],
    ['nothing', () => null],
  ])('a run %s is refused', (_, change) => {
    const good = runs[0]!;
    const hash = hashOf(good.configuration);
    expect(parseFinishedRun(JSON.stringify(good), hash)).toEqual(good);
    expect(measuresOf(good)!['train loss']).toBe(1);
    expect(() => parseFinishedRun(JSON.stringify(change(good)), hash)).toThrow(expect.objectContaining({ code: 'RUN_DAMAGED' })); // prettier-ignore
  });
});

const expanded = (sweep: object): Configuration['options'][] =>
  configurationsOf(parseSweep(JSON.stringify({ experiment: 'fashion-mnist', ...sweep }), 'sweep.json')).map(
    ({ options }) => options,
  );

describe('a sweep', () => {
  it('is all combinations of its values, each with every seed', () => {
    expect(expanded({ options: { methods: ['ponos', 'sls'], model: 'mlp-8', epochs: 2, seed: '0-1' } })).toEqual([
      { methods: 'ponos', model: 'mlp-8', epochs: '2', seed: '0' },
      { methods: 'ponos', model: 'mlp-8', epochs: '2', seed: '1' },
      { methods: 'sls', model: 'mlp-8', epochs: '2', seed: '0' },
      { methods: 'sls', model: 'mlp-8', epochs: '2', seed: '1' },
    ]);
  });

  it('gives an option of a method to that method alone, and runs nothing twice', () => {
    const methods = expanded({
      options: { methods: ['ponos', 'adam', 'sgd'], 'adam.lr': [0.001, 0.01], 'sgd.lr': [0.1, 1] },
    }).map(({ methods }) => methods);
    expect(methods).toEqual(['ponos', 'adam:lr=0.001', 'adam:lr=0.01', 'sgd:lr=0.1', 'sgd:lr=1']);
  });

  it('drawn at random is the same again, stays in its ranges, and begins alike when it grows', () => {
    const options = {
      methods: ['adam', 'sgd'],
      'adam.lr': { from: 1e-4, to: 0.1, scale: 'log' },
      batch: { from: 16, to: 64, whole: true },
      seed: [3, 4],
    };
    const few = expanded({ options, random: { settings: 8, seed: 1 } });
    expect(expanded({ options, random: { settings: 8, seed: 1 } })).toEqual(few);
    expect(expanded({ options, random: { settings: 20, seed: 1 } }).slice(0, few.length)).toEqual(few);
    expect(expanded({ options, random: { settings: 8, seed: 2 } })).not.toEqual(few);
    expect(few.length).toBe(16);
    for (const { methods, batch, seed } of few) {
      expect(Number(batch)).toBeGreaterThanOrEqual(16);
      expect(Number(batch)).toBeLessThanOrEqual(64);
      expect(Number.isInteger(Number(batch))).toBe(true);
      expect(['3', '4']).toContain(seed);
      const lr = Number(/adam:lr=(.*)/.exec(methods!)?.[1] ?? 0.01);
      expect(lr).toBeGreaterThanOrEqual(1e-4);
      expect(lr).toBeLessThanOrEqual(0.1);
    }
  });

  it('of a study has the options of the study', () => {
    const sweep: SweepFile = {
      experiment: 'hidden-learning',
      options: { methods: 'gn', lambda: [10, 100], 'gd-lambda': 1 },
    };
    expect(configurationsOf(sweep).map(({ options }) => options)).toEqual([
      { methods: 'gn', lambda: '10', 'gd-lambda': '1' },
      { methods: 'gn', lambda: '100', 'gd-lambda': '1' },
    ]);
  });

  it.each<[unknown, string]>([
    [[], 'experiment'],
    [{ experiment: 'fashion-mnist' }, 'options'],
    [{ options: { epochs: [] } }, 'options.epochs'],
    [{ options: { epochs: { from: 2, to: 1 } } }, 'options.epochs'],
    [{ options: { epochs: { from: 0, to: 1, scale: 'log' } }, random: { settings: 2 } }, 'options.epochs'],
    [{ options: { epochs: { from: 1, to: 2 } } }, 'random'],
    [{ options: {}, random: { settings: 0 } }, 'random.settings'],
    [{ options: {}, more: 1 }, 'more'],
    [{ options: { out: '/tmp' } }, "'out'"],
    [{ options: { methods: 'ponos', 'adam.lr': 1 } }, "'adam.lr'"],
    [{ options: { methods: 'adam:lr=1', 'adam.lr': 1 } }, 'both set lr'],
    [{ options: { methods: 'adam,sgd' } }, '["adam","sgd"]'],
    [{ options: { seed: { from: 0, to: 9 } }, random: { settings: 1 } }, 'Seeds'],
    [{ options: { epochs: Array.from({ length: 200 }, (_, i) => i + 1), batch: Array.from({ length: 200 }, (_, i) => i + 1) } }, '10000'], // prettier-ignore
  ])('%j is refused', (sweep, says) => {
    const given = Array.isArray(sweep) ? sweep : { experiment: 'fashion-mnist', ...(sweep as object) };
    const refused = (): unknown => configurationsOf(parseSweep(JSON.stringify(given), 'sweep.json'));
    expect(refused).toThrow(expect.objectContaining({ code: 'BAD_SWEEP' }));
    expect(refused).toThrow(says);
  });

  it('that is not JSON, or of an unknown experiment, is refused', () => {
    expect(() => parseSweep('{', 'here.json')).toThrow('here.json is not JSON');
    expect(() => configurationsOf({ experiment: 'nonsense', options: {} })).toThrow("no experiment 'nonsense'");
  });
});

describe('the hash of a configuration', () => {
  const configuration = { overparam: version, experiment: 'fashion-mnist', options: { methods: 'ponos', seed: '0' } };

  it('knows no order of the options, and takes note of everything else', () => {
    const { options } = configuration;
    const reordered = { ...configuration, options: { seed: options.seed, methods: options.methods } };
    expect(hashOf(reordered)).toBe(hashOf(configuration));
    expect(hashOf(configuration)).toMatch(/^[0-9a-f]{32}$/);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), fc.dictionary(fc.string(), fc.string()), (a, b) => {
        const equal = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
        expect(hashOf({ ...configuration, options: a }) === hashOf({ ...configuration, options: b })).toBe(equal);
      }),
    );
  });

  it('parseConfiguration gives back what is good, and refuses whatever else', () => {
    expect(parseConfiguration(JSON.parse(JSON.stringify(configuration)))).toEqual(configuration);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => parseConfiguration(value)).toThrow();
      }),
    );
    const hostile = JSON.parse('{"methods": "ponos", "constructor": "x"}') as Record<string, string>;
    for (const options of [hostile, { toString: 'x' }, { out: 'x' }, { methods: 1 }, { methods: ['ponos'] }])
      expect(() => {
        const { options: kept } = parseConfiguration({ ...configuration, options });
        // Names of Object's own are not taken over, and so the hash is another.
        if (Object.keys(kept).length < Object.keys(options).length) throw new Error('left out');
      }).toThrow();
  });
});

describe('dataIn', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'overparam-data-'));
    await mkdir(join(folder, 'data/inner'), { recursive: true });
    await mkdir(join(folder, 'data-beside'));
    await writeFile(join(folder, 'secret'), '');
    await writeFile(join(folder, 'data/inner/file.csv'), '');
    await symlink(join(folder, 'secret'), join(folder, 'data/link'));
    await symlink(join(folder, 'data-beside'), join(folder, 'data/beside'));
    await symlink(join(folder, 'data/inner/file.csv'), join(folder, 'data/good'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(['inner', 'inner/file.csv', 'good'])('finds %s', async (name) => {
    expect(await dataIn(join(folder, 'data'), name)).toContain(join(folder, 'data/inner'));
  });

  it.each(['..', '../secret', 'inner/../../secret', '/etc/passwd', './inner', 'inner//file.csv', '', '~', 'link', 'beside', 'inner\0', 'C:\\x', '.hidden', 'http://host/x']) // prettier-ignore
  ('does not leave the folder for %j', async (name) => {
    await expect(dataIn(join(folder, 'data'), name)).rejects.toMatchObject({ code: 'DATA_OUTSIDE' });
  });

  it('says what is missing', async () => {
    await expect(dataIn(join(folder, 'data'), 'none')).rejects.toMatchObject({ code: 'DATA_MISSING' });
    await expect(dataIn(join(folder, 'none'), 'inner')).rejects.toMatchObject({ code: 'DATA_MISSING' });
    await expect(dataIn(undefined, 'inner')).rejects.toThrow('--data');
  });
});
