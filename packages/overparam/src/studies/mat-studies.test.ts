import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sink } from '../../test/sink.ts';
import { main } from '../command/main.ts';
import { forgetCheckpoints } from '../session/continuation.ts';
import { quartiles } from '../results/quantile.ts';
import { cnnStudy } from './cnn/index.ts';
import { switchLm, transformerLm } from './language/index.ts';
import { tokensOf } from './language/tokens.ts';
import { methodOf } from './mat/comparison.ts';
import { kindsOf, stagesOf } from './mat/kinds.ts';
import type { Comparison, MatSettings } from './mat/settings.ts';
import type { TrainingResult } from './mat/trained.ts';
import { readStudyCheckpoint, runStudy } from './session.ts';
import { optionNames, type Outcome, type Piece, type Study } from './study.ts';

let out: string;
beforeEach(async () => void (out = await mkdtemp(join(tmpdir(), 'overparam-'))));
afterEach(() => rm(out, { recursive: true, force: true }));

const given = async (study: Study, options: Readonly<Record<string, string>>): Promise<object> => {
  const defaults = optionNames(study).map(({ key }, i) => [key, study.options[i]!.default]);
  return study.settings({ ...Object.fromEntries(defaults), ...options });
};

const text = { seed: '3', steps: '6', batch: '4', every: '2', measureEvery: '3', tokens: '300', validation: '200', layers: '2', width: '8', length: '8' }; // prettier-ignore
const small: readonly (readonly [Study, Readonly<Record<string, string>>])[] = [
  [transformerLm as Study, { ...text, alpha: '0.9' }],
  [switchLm as Study, { ...text, experts: '2', methods: 'mat', tokenizer: 'words' }],
  [cnnStudy as Study, { seed: '3', steps: '4', batch: '4', every: '2', measureEvery: '2', samples: '8', validation: '10', filters: '2,0,3,0', methods: 'full,mat', alpha: '0.9' }], // prettier-ignore
];

type Done = readonly Outcome<Piece & { readonly method: Comparison }, TrainingResult>[];
const resultOf = (done: Done, method: Comparison): TrainingResult => done.find(({ piece }) => piece.method === method)!.result; // prettier-ignore
/** Without what time took, and the work of checking the model's structure, which each session begins with. */
const timeless = (done: unknown): unknown =>
  JSON.parse(JSON.stringify(done, (key, value: unknown) => (['seconds', 'work'].includes(key) ? 0 : value)));

describe('a study of modular adaptive training', () => {
  it.each(small)('$name, left off anywhere and resumed, comes to the same parameters', async (study, options) => {
    const settings = await given(study, { ...options, methods: 'mat' });
    const session = { study, settings, out, saveEvery: 1e9 };
    const whole = await runStudy({ ...session, stop: () => false });
    await forgetCheckpoints(out);
    let passed = 0;
    expect(await runStudy({ ...session, stop: () => ++passed >= 4 })).toBeUndefined();
    const from = await readStudyCheckpoint(out);
    expect(timeless(await runStudy({ ...session, from, stop: () => false }))).toEqual(timeless(whole));
  });

  it('transformer-lm compares the ways of choosing modules', async () => {
    const [study, options] = small[0]!;
    const settings = await given(study, options);
    const done = (await runStudy({ study, settings, out, saveEvery: 1e9, stop: () => false })) as Done;
    const [full, mat, random, inverted] = (['full', 'mat', 'random', 'inverted'] as const).map((method) => resultOf(done, method)); // prettier-ignore
    expect(full!.share).toBe(1);
    expect(full!.selections).toEqual([]);
    expect(full!.measurements.map(({ step }) => step)).toEqual([0, 3, 6]);
    expect(mat!.selections.map(({ step }) => step)).toEqual([0, 2, 4]);
    // The first selection is made at the same parameters by all.
    const [chosen, drawn, least] = [mat!, random!, inverted!].map(({ selections }) => selections[0]!);
    const { lambda } = chosen!;
    for (const kind of Object.values(kindsOf(mat!.candidates))) {
      const members = kind.map((module) => mat!.candidates.indexOf(module));
      const largest = Math.max(...members.map((l) => lambda[l]!));
      const count = members.filter((l) => chosen!.active[l]).length;
      for (const l of members) expect(chosen!.active[l]).toBe(lambda[l]! >= 0.9 * largest);
      expect(members.filter((l) => drawn!.active[l]).length).toBe(count);
      const ascending = [...members].sort((a, b) => lambda[a]! - lambda[b]!);
      expect(members.filter((l) => least!.active[l]).sort()).toEqual(ascending.slice(0, count).sort());
    }
    // What rests costs no weight gradients.
    expect(mat!.share).toBeLessThan(1);
    expect(mat!.work.weightGradients).toBeLessThan(full!.work.weightGradients);
    expect(mat!.work.kernels).toBeGreaterThan(0);
    expect(full!.work.kernels).toBe(0);
    const early = resultOf(done, 'early-freezing');
    expect(early.work.inputGradients).toBeLessThan(full!.work.inputGradients);
    expect(new Set(done.map(({ result }) => result.parameters.sha256)).size).toBe(done.length);

    expect(study.measures!(mat!)).toMatchObject({ 'last validation loss': mat!.measurements.at(-1)!.validationLoss });
    const { tables, figures } = study.findings(done, settings);
    expect(tables[0]!.rows.map(([label]) => label)).toEqual(['all modules', 'MAT', 'random, as many', 'lowest, as many', 'early freezing', 'multirate, by turns']); // prettier-ignore
    expect(tables[0]!.rows[0]!.slice(5)).toEqual(['1.00', '1.00', '1 of 1', '1.00', '1.00']);
    expect(figures.map(({ name }) => name)).toEqual(['validation-work', 'lambda-max', 'validation-seconds', 'active-modules']); // prettier-ignore
    for (const { numbers } of figures) expect(new Set(numbers.map(({ length }) => length)).size).toBe(1);
    expect(figures[1]!.numbers.length).toBe(1 + 3 * mat!.candidates.length);
  });

  it('as a command: a report with figures, and PoNoS inside', async () => {
    const terminal = { stdout: sink(), stderr: sink() };
    const argv = Object.entries({ ...text, 'measure-every': '3', inner: 'ponos', methods: 'full,mat' });
    const flags = argv.filter(([name]) => name !== 'measureEvery').flatMap(([name, value]) => [`--${name}`, value]);
    expect(await main(['run', 'transformer-lm', ...flags, '--out', out], terminal), terminal.stderr.text).toBe(0);
    expect(terminal.stdout.text).toContain('best validation loss');
    const report = await readFile(join(out, 'report.html'), 'utf8');
    for (const name of ['validation-work', 'lambda-max']) expect(report).toContain(`<figure id="${name}">`);
  });

  it.each([
    [transformerLm, { width: '9', heads: '2' }, 'BAD_OPTION'],
    [transformerLm, { tokens: '40', length: '32' }, 'BAD_OPTION'],
    [transformerLm, { methods: 'mat,best' }, 'BAD_OPTION'],
    [transformerLm, { data: join(tmpdir(), 'no-such-text') }, 'DATA_MISSING'],
    [transformerLm, { tokens: '2000000' }, 'DATA_TOO_SMALL'],
    [cnnStudy, { filters: '0,0' }, 'BAD_OPTION'],
    [cnnStudy, { samples: '20000' }, 'BAD_OPTION'],
    [cnnStudy, { data: join(tmpdir(), 'no-such-folder') }, 'DATA_MISSING'],
  ] as const)('%#: what it cannot train is refused', async (study, options, code) => {
    await expect(given(study as Study, options)).rejects.toThrow(expect.objectContaining({ code }));
  });
});

describe('the schedules', () => {
  const settings = {
    inner: 'adam',
    lr: 1e-3,
    every: 10,
    spectraSamples: 4,
    alpha: 0.1,
    gradients: 'through',
    steps: 100,
  } as MatSettings;
  const names = ['embedding', 'layer0/attention', 'layer0/attention/head0', 'layer0/feed-forward', 'layer1/attention', 'layer1/attention/head0', 'layer1/feed-forward']; // prettier-ignore
  const task = { modules: Object.fromEntries(names.map((name) => [name, []])), kinds: kindsOf(names), stages: stagesOf(names) }; // prettier-ignore

  /** The modules that the schedule asks for at each step. */
  function asked(method: Comparison): (readonly string[] | undefined)[] {
    const made = methodOf({ method, seed: 1, label: '' }, settings, task);
    const requests: (readonly string[] | undefined)[] = [];
    let state = made.init();
    for (let k = 0; k < settings.steps; k++) {
      const oracle = {
        *linearize(request?: { readonly modules?: readonly string[] }) {
          requests.push(request?.modules);
          yield { name: 'linearize', args: [] };
          return { value: 1, slope: -1, squaredGradientNorm: 1 };
        },
        *move() {
          yield { name: 'move', args: [] };
        },
      };
      const inquiry = made.step(state, oracle as unknown as Parameters<typeof made.step>[1]);
      let turn = inquiry.next();
      while (!turn.done) turn = inquiry.next();
      ({ state } = turn.value);
    }
    return requests;
  }

  it('early freezing ends stage by stage from the input on, in the second half', () => {
    const requests = asked('early-freezing');
    expect(requests[49]).toBeUndefined();
    expect(requests[50]).toEqual([...names.slice(1), 'others']);
    expect(requests[67]).toEqual([...names.slice(4), 'others']);
    expect(requests[99]).toEqual(['others']);
  });

  it('multirate gives each module its turn', () => {
    const requests = asked('multirate');
    for (const module of ['layer0/attention/head0', 'layer1/attention/head0'])
      expect(requests.filter((modules) => modules?.includes(module) ?? true).length).toBe(module.includes('0/a') ? 40 : 30); // prettier-ignore
    for (const modules of requests) expect(modules ?? names).toContain('embedding');
  });
});

describe('tokens', () => {
  it('are bytes, or words and marks; the rarest are one', () => {
    const long = tokensOf('no end of words. '.repeat(300), { tokenizer: 'words', train: 1500, validation: 0, vocabulary: 9 }); // prettier-ignore
    // no, end, of, words, ".": none is cut in two
    expect([...long.train].every((token, i) => token === (i % 5) + 1)).toBe(true);
    const words = tokensOf('The cat, the dog and the bird. A cat!', { tokenizer: 'words', train: 8, validation: 4, vocabulary: 4 }); // prettier-ignore
    // The, cat, ",", the, dog, and, the, bird | ".", A, cat, "!"
    expect([...words.train]).toEqual([2, 3, 0, 1, 0, 0, 1, 0]);
    expect([...words.validation]).toEqual([0, 0, 3, 0]);
    expect(words.vocabulary).toBe(4);
    const bytes = tokensOf('abä', { tokenizer: 'bytes', train: 3, validation: 1, vocabulary: 300 });
    expect(bytes).toEqual({ train: Int32Array.of(1, 2, 3), validation: Int32Array.of(0), vocabulary: 4 });
  });

  it('come from a file of ones own', async () => {
    const path = join(out, 'text.txt');
    await writeFile(path, 'to be or not to be\n'.repeat(100));
    const settings = (await given(transformerLm as Study, { ...text, data: path })) as { data: string };
    expect(settings.data).toBe(path);
  });
});

it('quartiles are linear between order statistics', () => {
  expect(quartiles([4, 1, 3, 2])).toEqual({ low: 1.75, middle: 2.5, high: 3.25 });
  expect(quartiles([7])).toEqual({ low: 7, middle: 7, high: 7 });
});
