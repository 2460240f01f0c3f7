import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sink } from './sink.ts';
import { demoCommand } from '../src/command/demo-command.ts';
import { main } from '../src/command/main.ts';
import { experiments } from '../src/experiments/index.ts';
import { studies } from '../src/studies/index.ts';
import { parts, type Part } from '../src/demo/parts.ts';

let out: string;

/** The demo, in a fraction of a second. */
const SMALLER: Readonly<Record<string, Record<string, string>>> = {
  ponos: { model: 'mlp-4', epochs: '1', batch: '2000', methods: 'ponos,adam' },
  'gauss-newton': { samples: '20', width: '20', testSamples: '50', steps: '20' },
  mat: {
    methods: 'mat',
    steps: '2',
    every: '2',
    measureEvery: '2',
    layers: '1',
    width: '8',
    tokens: '500',
    validation: '64',
  },
  particles: { particles: '8', iterations: '50' },
};
const small: Part[] = parts
  .filter(({ name }) => name in SMALLER)
  .map((part) => ({ ...part, options: { ...part.options, ...SMALLER[part.name] } }));

async function demo(resume = false, only = small): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = { stdout: sink(), stderr: sink() };
  const code = await demoCommand({ out, resume, open: true }, terminal, only);
  return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

describe('overparam demo', () => {
  beforeEach(async () => void (out = await mkdtemp(join(tmpdir(), 'overparam-'))));
  afterEach(() => rm(out, { recursive: true, force: true }));
  it('knows its experiments, their options and their figures', async () => {
    const known = [...experiments, ...studies].map(({ name }) => name);
    for (const { experiment } of parts) expect(known).toContain(experiment);
    expect((await main(['demo', '--help'], { stdout: sink(), stderr: sink() })) === 0).toBe(true);
  });

  it('makes one report of all systems, and does what is done only once', async () => {
    const { code, stdout, stderr } = await demo();
    expect(code, stderr).toBe(0);
    expect((await readdir(out)).sort()).toEqual([
      'gauss-newton',
      'mat',
      'particles',
      'picture.svg',
      'ponos',
      'report.html',
      'results.json',
    ]);
    expect(stdout).toContain('report.html');
    const html = await readFile(join(out, 'report.html'), 'utf8');
    expect(html).not.toMatch(/<(script|link|iframe|img)\b/i);
    expect(html.replaceAll('http://www.w3.org/', '')).not.toMatch(/https?:\/\//);
    const { document } = parseHTML(html);
    const sections = [...document.querySelectorAll('section')];
    expect(sections.map(({ id }) => id)).toEqual(small.map(({ name }) => name));
    for (const [i, section] of sections.entries()) {
      const figures = [...section.querySelectorAll('figure')].map(({ id }) => id);
      expect(figures).toEqual(small[i]!.figures);
      expect(section.querySelector('pre')!.textContent).toContain(`npm install ${small[i]!.install}`);
      expect(section.textContent).toContain('arXiv');
      for (const format of ['csv', 'json'])
        expect(section.querySelectorAll(`a[download$=".${format}"]`).length).toBe(figures.length);
    }
    expect((await readFile(join(out, 'picture.svg'), 'utf8')).match(/role="img"/g)!.length).toBe(1 + small.length);

    // As if it had been interrupted before the last part.
    await rm(join(out, 'particles'), { recursive: true });
    const kept = await stat(join(out, 'ponos/results.json'));
    const again = await demo(true);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain('4 of 4');
    expect(again.stderr).not.toContain('1 of 4');
    expect((await stat(join(out, 'ponos/results.json'))).mtimeMs).toBe(kept.mtimeMs);

    const refused = await demo().catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'RESULTS_EXIST' });
    const anew = await demoCommand({ out, overwrite: true, open: false }, { stdout: sink(), stderr: sink() }, small);
    expect(anew).toBe(0);
    expect((await stat(join(out, 'ponos/results.json'))).mtimeMs).toBeGreaterThan(kept.mtimeMs);
  }, 240_000);

  it('has nothing to continue where it has not begun', async () => {
    const terminal = { stdout: sink(), stderr: sink() };
    expect(await main(['demo', '--resume', '--out', join(out, 'none')], terminal)).toBe(1);
    expect(terminal.stderr.text).toContain('error NOTHING_TO_RESUME: ');
  });

  it('interrupted, it saves and says how to continue', async () => {
    const terminal = { stdout: sink(), stderr: sink() };
    const hear = terminal.stderr.write.bind(terminal.stderr);
    terminal.stderr.write = (text: string) => {
      if (text.includes('epoch 0/1')) process.emit('SIGINT');
      return hear(text);
    };
    expect(await demoCommand({ out, open: false }, terminal, [small[0]!])).toBe(130);
    expect(terminal.stderr.text).toContain(`overparam demo --resume --out ${JSON.stringify(out)}`);
    expect((await demo(true, [small[0]!])).code).toBe(0);
  }, 120_000);
});
