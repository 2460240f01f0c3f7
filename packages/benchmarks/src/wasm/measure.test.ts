import { describe, expect, it } from 'vitest';
import { cases } from './cases.ts';
import { type Contestant, type ContestantId } from './contestants.ts';
import { measure } from './measure.ts';
import { type Answer } from './protocol.ts';

const asked: string[] = [];
const contestant = (id: ContestantId, answer: Answer): Contestant => ({
  id,
  title: id,
  ask: (request) => {
    asked.push(`${request.prepare ? 'prepare ' : ''}${id}`);
    return Promise.resolve(answer);
  },
  close: () => {},
});

describe('measure', () => {
  it('asks in turn, round by round; slow ones once, and who cannot never again', async () => {
    const measurement = await measure(
      cases[0]!,
      [
        contestant('simd', { milliseconds: 2 }),
        contestant('cpu', { milliseconds: 1001 }),
        contestant('torch', { milliseconds: 1 }),
        contestant('stock', { impossible: 'no kernel' }),
      ],
      { rounds: 2, budget: 100, peaks: { simd: () => 50 } },
    );
    expect(asked).toEqual([
      ...['prepare simd', 'prepare cpu', 'prepare torch', 'prepare stock'],
      ...['simd', 'torch', 'simd', 'torch'],
    ]);
    expect(measurement.milliseconds).toEqual({ simd: [2, 2], cpu: [1001], torch: [1, 1] });
    expect(measurement.impossible).toEqual({ stock: 'no kernel' });
    expect(measurement.peak).toEqual({ simd: [50, 50], relaxed: [] });
    expect(measurement.flops).toBe(2 * 256 ** 3);
  });

  it('fails when a contestant that could do a case no longer can', async () => {
    let calls = 0;
    const tired: Contestant = {
      ...contestant('simd', { milliseconds: 1 }),
      ask: () => Promise.resolve(calls++ === 0 ? { milliseconds: 1 } : { impossible: 'out of memory' }),
    };
    await expect(measure(cases[0]!, [tired], { rounds: 1, budget: 1, peaks: {} })).rejects.toThrow('out of memory');
  });
});

describe('the cases', () => {
  it('have names of their own', () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  });
});
