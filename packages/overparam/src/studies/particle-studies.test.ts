import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sink } from '../../test/sink.ts';
import { main } from '../command/main.ts';
import { studies } from './index.ts';
import { runStudy } from './session.ts';

let out: string;
beforeEach(async () => void (out = await mkdtemp(join(tmpdir(), 'overparam-'))));
afterEach(() => rm(out, { recursive: true, force: true }));

async function command(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = { stdout: sink(), stderr: sink() };
  const code = await main(argv, terminal);
  return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

interface Moment {
  readonly iteration: number;
  readonly objective: number;
  readonly gap: number | null;
}

/** The results of all pieces, once the study has been run by its command. */
async function results<R>(name: string, options: readonly string[], folder: string = out): Promise<readonly R[]> {
  const { code, stderr } = await command('run', name, ...options, '--out', folder);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')]);
  // As XML has it, a picture has no < within an attribute.
  expect(await readFile(join(folder, 'picture.svg'), 'utf8')).not.toMatch(/="[^"]*<[^"]*"/);
  const { pieces } = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')) as {
    pieces: readonly { result: R }[];
  };
  return pieces.map(({ result }) => result);
}

const file = (name: string): Promise<string> => readFile(join(out, name), 'utf8');
const last = <T>(list: readonly T[]): T => list.at(-1)!;

describe('deconvolution-1d', () => {
  it('comes near the optimum that solve proves, and shows the flow as a film', async () => {
    const [result] = await results<{
      moments: readonly Moment[];
      optimum: { objective: number; gap: number };
      maximum: number;
      farthest: number;
    }>('deconvolution-1d', ['--seed', '0']);
    const { moments, optimum, maximum, farthest } = result!;
    const { iteration, objective, gap } = last(moments);
    expect(iteration).toBe(1000);
    expect(optimum.gap).toBeLessThanOrEqual(1e-12 * 1.1);
    expect(objective - optimum.objective).toBeGreaterThanOrEqual(0);
    expect(objective - optimum.objective).toBeLessThanOrEqual(gap!);
    expect(gap).toBeLessThan(1e-5);
    expect(Math.abs(maximum - 1)).toBeLessThan(1e-4);
    expect(farthest).toBeLessThan(1e-3);
    const report = await file('report.html');
    expect(report).toContain('@keyframes flow-0{');
    expect(report).toContain('@keyframes certificate-0{');
    expect(await file('picture.svg')).toMatch(/^<svg .*<\/svg>\n$/s);
  });
});

describe('deconvolution-2d', () => {
  it('reaches the known minima, and the truth without a regulariser', async () => {
    const options = ['--lambda', '1,4,0', '--particles', '4,3'];
    const runs = await results<{ moments: readonly Moment[]; spikes: number }>('deconvolution-2d', options);
    const ends = runs.map(({ moments }) => last(moments));
    for (const [i, minimum] of [2.766578807082, 2.766578807082, 10.070304179044, 10.070304179044].entries()) {
      expect(Math.abs(ends[i]!.objective - minimum)).toBeLessThan(1e-11);
      expect(ends[i]!.gap).toBeLessThan(1e-11);
      expect(runs[i]!.spikes).toBe(3);
    }
    expect(ends[4]!.gap).toBeNull();
    expect(ends[5]!.objective).toBeLessThan(1e-20);
    expect(await file('report.html')).toContain('@keyframes flow-lambda-1-m-4-0{');
  });
});

describe('mirror-against-euclidean', () => {
  it('comes to the objectives of the experiment', async () => {
    const runs = await results<{ moments: readonly Moment[]; minimum: number }>('mirror-against-euclidean', []);
    const before = runs.map(({ moments }) => moments.at(-2)!);
    expect(before.map(({ iteration }) => iteration)).toEqual([2999, 2999, 2999]);
    expect(before[0]!.objective).toBeCloseTo(0.2917108, 7);
    expect(before[1]!.objective).toBeCloseTo(0.2975361, 7);
    // lambda - lambda^2 / (2 K(0)), for one spike of weight 1 - lambda / K(0).
    expect(runs[0]!.minimum).toBeCloseTo(0.3 - 0.09 / 10, 12);
  });
});

describe('relu-trajectories', () => {
  it('has a gap that falls to nothing', async () => {
    const [result] = await results<{ moments: readonly Moment[]; maximum: number }>('relu-trajectories', [
      '--iterations',
      '3000',
    ]);
    const [first, end] = [result!.moments[0]!, last(result!.moments)];
    expect(end.objective).toBeLessThan(first.objective);
    expect(end.gap! / end.objective).toBeLessThan(1e-6);
    expect(await file('report.html')).toContain('@keyframes trajectories-0{');
  });
});

describe('two-layer', () => {
  const small = ['--inputs', '6', '--teacher-neurons', '2', '--particles', '8', '--iterations', '2000'];

  it('lowers the expected loss, by the expectation itself and by fresh batches alike', async () => {
    const losses: number[] = [];
    for (const batch of ['all', '200']) {
      const [result] = await results<{ curve: readonly { loss: number }[] }>('two-layer', [...small, '--lambda', '0', '--batch', batch], join(out, batch)); // prettier-ignore
      const { curve } = result!;
      losses.push(last(curve).loss / curve[0]!.loss);
    }
    expect(losses[0]).toBeLessThan(0.1);
    expect(Math.abs(losses[1]! / losses[0]! - 1)).toBeLessThan(0.1);
  });

  it('says where weight decay leaves nothing', async () => {
    const { stdout } = await command('run', 'two-layer', ...small, '--lambda', '1', '--out', out);
    expect(stdout).toContain('the student shrinks to nothing');
  });
});

describe('particle-complexity', () => {
  it('succeeds with a few times m0 particles, where weights alone do not', async () => {
    const sizes = ['--deconvolution-particles', '2,20', '--relu-particles', '2,16', '--inputs', '10', '--teacher-neurons', '3']; // prettier-ignore
    const options = [...sizes, '--iterations', '1000', '--seed', '0,1'];
    type Contested = readonly { flow: number; convex: number }[];
    const [fewSpikes, manySpikes, fewUnits, manyUnits] = await results<Contested>('particle-complexity', options);
    for (const { flow, convex } of [...fewSpikes!, ...fewUnits!]) {
      expect(flow).toBeGreaterThan(0.01);
      expect(convex).toBeGreaterThan(0.01);
    }
    for (const { flow, convex } of [...manySpikes!, ...manyUnits!]) {
      expect(flow).toBeLessThan(1e-3);
      expect(convex / flow).toBeGreaterThan(100);
    }
    expect(await file('picture.svg')).toContain('excess loss: relu');
  });
});

const short: Readonly<Record<string, readonly string[]>> = {
  'deconvolution-1d': ['--iterations', '100', '--seed', '0,1'],
  'deconvolution-2d': ['--iterations', '100', '--particles', '9', '--lambda', '1,0'],
  'mirror-against-euclidean': ['--iterations', '200'],
  'relu-trajectories': ['--iterations', '300'],
  'two-layer': ['--iterations', '200', '--lambda', '0,0.01', '--batch', '20', '--particles', '5,150'],
  'particle-complexity': ['--iterations', '100', '--seed', '0,1', '--deconvolution-particles', '3', '--relu-particles', '4', '--inputs', '5'], // prettier-ignore
};

describe.each(Object.entries(short))('%s', (name, options) => {
  const study = studies.find((one) => one.name === name)!;

  it('left off within any piece and resumed, comes to the same results', async () => {
    const camel = (text: string): string => text.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const given = Object.fromEntries(
      study.options.map(({ flags, default: usual }) => {
        const [, long] = /--([a-z0-9-]+)/.exec(flags)!;
        const at = options.indexOf(`--${long}`);
        return [camel(long!), at < 0 ? usual : options[at + 1]!];
      }),
    );
    const settings = await study.settings(given);
    const whole = join(out, 'whole');
    const expected = await results(name, options, whole);
    for (const calls of [2, 5]) {
      const folder = join(out, `after-${calls}`);
      let asked = 0;
      const left = await runStudy({ study, settings, out: folder, saveEvery: 1000, stop: () => ++asked === calls });
      expect(left).toBeUndefined();
      expect(await results(name, [...options, '--resume'], folder)).toEqual(expected);
    }
  });
});

describe('bad options are errors', () => {
  it.each([
    ['deconvolution-1d', '--lambda', '0'],
    ['deconvolution-1d', '--spikes', '8'],
    ['deconvolution-1d', '--seed', '1.5'],
    ['deconvolution-2d', '--particles', '5'],
    ['deconvolution-2d', '--iterations', 'many'],
    ['mirror-against-euclidean', '--methods', 'mirror,newton'],
    ['mirror-against-euclidean', '--weight', '0'],
    ['relu-trajectories', '--particles', '0'],
    ['two-layer', '--batch', '0'],
    ['two-layer', '--lambda', '-1'],
    ['particle-complexity', '--panels', 'sigmoid'],
    ['particle-complexity', '--relu-particles', '10,x'],
  ])('%s %s %s', async (name, option, value) => {
    const { code, stderr } = await command('run', name, option, value, '--out', out);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`error BAD_OPTION: `)]);
    expect(stderr).toContain(option);
  });

  it('says which step would do, where one is too long', async () => {
    const { code, stderr } = await command('run', 'deconvolution-1d', '--alpha', '5', '--out', out);
    expect(code).toBe(1);
    expect(stderr).toContain('error STEP_TOO_LARGE: ');
  });
});
