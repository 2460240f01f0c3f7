import fc from 'fast-check';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { version } from '../version.ts';
import { hashOf, parseConfiguration, type Configuration } from './configuration.ts';
import { configurationsOf } from './configurations.ts';
import { dataIn } from './data-folder.ts';
import { parseSweep, type SweepFile } from './sweep-file.ts';

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

  it('that is no JSON, or of an unknown experiment, is refused', () => {
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
