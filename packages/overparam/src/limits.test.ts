import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { sink } from '../test/sink.ts';
import { main } from './command/main.ts';
import { version } from './version.ts';
import { prepare } from './sweep/prepare.ts';
import { configurationsOf } from './sweep/configurations.ts';
import { parseSweep } from './sweep/sweep-file.ts';
import { studies } from './studies/index.ts';
import { optionNames } from './studies/study.ts';

const out = join(tmpdir(), `overparam-limits-${process.pid}`);

async function refusal(...argv: string[]): Promise<string> {
  const terminal = { stdout: sink(), stderr: sink() };
  expect(await main([...argv, '--out', out], terminal)).toBe(1);
  expect(existsSync(out)).toBe(false);
  return terminal.stderr.text;
}

describe('an option that is too large by orders of magnitude is refused before any work', () => {
  it.each([
    ['fashion-mnist --model mlp-99999-99999', '--model mlp-99999-99999'],
    ['fashion-mnist --model mlp-60000 --batch 10000', '--batch 10000'],
    ['fashion-mnist --seed 0-99999999', '--seed'],
    ['fashion-mnist --seed 0-9999', '--methods, --seed'],
    ['hidden-learning --width 1000000 --inputs 1000000', '--width'],
    ['hidden-learning --samples 100000', '--samples'],
    ['hidden-learning --seed 0-9999 --tau0 1,2', '--tau0'],
    ['california --samples 16000', '--samples'],
    ['california --width 100000 --samples 16512 -m ponos', '--width'],
    ['transformer-lm --width 1000000 --heads 1', '--width'],
    ['transformer-lm --layers 1000000000', '--layers'],
    ['transformer-lm --batch 1000000000', '--batch'],
    ['transformer-lm --seed 0-9999', '--seed'],
    ['switch-lm --experts 1000000000', '--experts'],
    ['cnn --filters 4096,4096,4096', '--filters'],
    ['cnn --filters 4000 --batch 500', '--filters'],
    ['relu-trajectories --samples 100000 --particles 10000', '--samples'],
    ['two-layer --inputs 1000 --particles 10000', '--inputs'],
    ['two-layer --batch 1000000 --inputs 1000', '--batch'],
    ['particle-complexity --relu-particles 10000 --inputs 10000', '--relu-particles'],
    ['deconvolution-1d --seed 0-9999 --lambda 1,2', '--lambda'],
    ['deconvolution-2d --lambda 0-1', 'BAD_OPTION'],
  ])('overparam run %s', async (line, says) => {
    const text = await refusal('run', ...line.split(' '));
    expect(text).toMatch(/^error (TOO_LARGE|BAD_OPTION): /);
    expect(text).toContain(says);
  });

  it('by a worker too', async () => {
    for (const [experiment, options] of [
      ['fashion-mnist', { methods: 'sgd', model: 'mlp-99999-99999' }],
      ['hidden-learning', { methods: 'gn', lambda: '1', width: '1000000', inputs: '1000000' }],
      [
        'hidden-learning',
        { methods: 'gn', lambda: Array.from({ length: 300 }, (_, i) => i + 1).join(), seed: '0-999' },
      ],
    ] as const)
      await expect(prepare({ overparam: version, experiment, options }, undefined)).rejects.toMatchObject({
        code: 'TOO_LARGE',
      });
  });

  it('and so is what would keep a machine from its work', async () => {
    const terminal = { stdout: sink(), stderr: sink() };
    await main(['worker', '--redis', 'redis://127.0.0.1:1', '--takeover', '1000000000'], terminal);
    expect(terminal.stderr.text).toContain('--takeover');
  });
});

describe("names of Object's own are unknown names", () => {
  it.each([
    ['fashion-mnist -m ponos:__proto__=1', 'UNKNOWN_OPTION'],
    ['fashion-mnist -m ponos:constructor=1', 'UNKNOWN_OPTION'],
    ['fashion-mnist -m sgd:__proto__=1:lr=1', 'BAD_OPTION'],
    ['fashion-mnist -m constructor', 'UNKNOWN_METHOD'],
    ['fashion-mnist -a constructor', 'UNKNOWN_ABLATION'],
    ['california -m gn:__proto__=1', 'UNKNOWN_OPTION'],
    ['constructor', 'UNKNOWN_EXPERIMENT'],
  ])('overparam run %s', async (line, code) => {
    expect(await refusal('run', ...line.split(' '))).toContain(`error ${code}: `);
  });

  it.each([
    '{"__proto__": 1}',
    '{"constructor": 1}',
    '{"methods": "ponos", "ponos.__proto__": 1}',
    '{"methods": {"__proto__": 1}}',
  ])('in a sweep: %s', async (options) => {
    const expanded = async (): Promise<void> => {
      for (const one of configurationsOf(parseSweep(`{"experiment": "fashion-mnist", "options": ${options}}`, 'x')))
        await prepare(one, undefined);
    };
    await expect(expanded()).rejects.toMatchObject({ code: expect.stringMatching(/^(BAD_SWEEP|UNKNOWN_OPTION)$/) });
  });
});

describe('an unknown name gets the nearest of all names', () => {
  it.each([
    ['run ponoss', "'ponos' is a method"],
    ['run fashon-mnist', "Did you mean 'fashion-mnist'?"],
    ['run transfomer-lm', "Did you mean 'transformer-lm'?"],
    ['run particle-complexty', "Did you mean 'particle-complexity'?"],
    ['run fashion-mnist -m ponso', "Did you mean 'ponos'?"],
    ['run fashion-mnist -a memory-rates', "Did you mean 'memory-rate'?"],
    ['run fashion-mnist --backend wsam', "Did you mean 'wasm'?"],
    ['run transformer-lm -m random,inverse', "Did you mean 'inverted'?"],
    ['run two-layer --particle 3', '--particles'],
    ['dmo', 'demo'],
  ])('overparam %s', async (line, says) => {
    const terminal = { stdout: sink(), stderr: sink() };
    expect(await main(line.split(' '), terminal)).toBe(1);
    expect(terminal.stderr.text).toContain(says);
  });

  it('and where none is near, all names', async () => {
    const text = await refusal('run', 'nope');
    for (const { name } of studies) expect(text).toContain(name);
    expect(text).toContain('mushrooms');
    expect(text).not.toContain('Did you mean');
  });

  it('in a sweep', () => {
    const sweep = (experiment: string, options: object): unknown =>
      configurationsOf({ experiment, options: { ...options } });
    expect(() => sweep('two-layers', {})).toThrow("Did you mean 'two-layer'?");
    expect(() => sweep('two-layer', { particle: 1 })).toThrow("Did you mean 'particles'?");
    expect(() => sweep('fashion-mnist', { method: 'ponos' })).toThrow("Did you mean 'methods'?");
  });
});

it('every study has options of different names', () => {
  for (const study of studies) {
    const names = optionNames(study).map(({ long }) => long);
    expect(new Set(names).size).toBe(names.length);
  }
});
