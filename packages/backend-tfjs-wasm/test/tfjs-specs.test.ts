import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compare, groupByOp } from '../scripts/tfjs-specs/expectations.js';

const run = (...args: string[]): Promise<{ stdout: string }> =>
  promisify(execFile)(process.execPath, [
    fileURLToPath(new URL('../scripts/tfjs-specs/run.js', import.meta.url)),
    ...args,
  ]);

describe("tfjs's own specs", () => {
  it('pass but for the listed exceptions', { timeout: 300_000 }, async () => {
    const { stdout } = await run('--no-relaxed');
    expect(stdout).toContain('3528 specs, 3366 passed, 162 failed');
    expect(stdout).toContain('The failures are the 162 that expected-failures.json lists.');
  });

  it('fail the command where one fails that is not listed', { timeout: 300_000 }, async () => {
    await expect(run('--stock', '--filter', 'unsortedSegmentSum')).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('12 specs, 0 passed, 12 failed'),
    });
  });
});

const result = (name: string, suite = 'suite'): Parameters<typeof compare>[0][number] => ({
  name,
  suite,
  status: 'failed',
  messages: [],
});

describe('the comparison with what is expected', () => {
  it('names regressions and exceptions that passed, and counts specs of one name', () => {
    const exceptions = [{ reason: 'why', specs: ['twice', 'twice', 'mended'] }];
    expect(compare([result('twice'), result('twice'), result('new')], exceptions)).toEqual({
      unexpected: ['new'],
      mended: ['mended'],
    });
    expect(compare([result('twice')], exceptions).mended).toEqual(['twice', 'mended']);
    expect(
      compare(
        ['twice', 'twice', 'twice', 'mended'].map((name) => result(name)),
        exceptions,
      ).unexpected,
    ).toEqual(['twice']);
  });

  it('groups failures by suite, the largest first', () => {
    const groups = groupByOp([result('a', 'one'), result('b', 'two'), result('c', 'two')]);
    expect(groups.map(([suite, failures]) => [suite, failures.length])).toEqual([
      ['two', 2],
      ['one', 1],
    ]);
  });
});
