import { describe, expect, it } from 'vitest';
import { explore, type Model } from '../test/protocol-model.ts';
import { control } from './control.ts';
import { share } from './protocol.ts';
import { workerTurn } from './worker.ts';

/** The worker's side with one line changed. */
function changed(from: string, to: string): string {
  expect(workerTurn.split(from).length).toBe(2);
  return workerTurn.replace(from, to);
}

describe('the protocol of the pool', () => {
  it.each<Model>([
    { workers: 1, jobs: [1], exact: true },
    { workers: 1, jobs: [2, 2], deaths: 1, exact: true },
    { workers: 1, jobs: [3, 2, 2], deaths: 1 },
    { workers: 1, jobs: [0, 4, 1] },
    { workers: 2, jobs: [1], deaths: 2 },
    { workers: 2, jobs: [2], deaths: 1 },
  ])('computes every tile once, whatever the order: %o', (model) => {
    const { states, lost } = explore(model);
    expect(states).toBeGreaterThan(500);
    expect(lost > 0).toBe(model.deaths !== undefined);
  });

  it.each<Model>([
    { workers: 1, jobs: [2, 2], slow: true, exact: true },
    { workers: 1, jobs: [3, 2, 2], deaths: 1, slow: true },
  ])('lets no worker that was given up take a tile of a later job: %o', (model) => {
    expect(explore(model).lost).toBeGreaterThan(0);
  });

  describe('is checked by a model that notices', () => {
    it('a look at busy that comes too late', () => {
      const late: typeof share = (words, slots, job) =>
        share(words, slots, {
          ...job,
          ended: () => job.ended(slots.slice(1).filter((slot) => words.load(slot + control.busy) !== 0)),
        });
      expect(() => explore({ workers: 1, jobs: [2], share: late })).toThrow('a worker is called lost that lives');
    });

    it('a worker that is busy too late', () => {
      const store = `words.store(slot + ${control.busy}, 1);`;
      const take = 'compute(words.load(owner';
      const turn = changed(store, '').replace(take, `${store} ${take}`).replace('=== word)', '=== word) {');
      const text = turn.replace('left - 1);', 'left - 1); }');
      expect(() => explore({ workers: 1, jobs: [2], workerTurn: text })).toThrow(/not computed|still at a tile/);
    });

    it('tiles that are taken without an exchange', () => {
      const text = changed(
        `words.compareExchange(owner + ${control.left}, word, word - 1) === word`,
        `(words.store(owner + ${control.left}, word - 1), true)`,
      );
      expect(() => explore({ workers: 1, jobs: [2], workerTurn: text })).toThrow(/twice|not computed/);
    });

    it('a worker that falls asleep without a word', () => {
      const text = changed(`words.store(slot + ${control.asleep}, 1);`, '');
      expect(() => explore({ workers: 1, jobs: [2], workerTurn: text })).toThrow('sleeps, and nobody has woken it');
    });

    it('a worker that misses its dismissal', () => {
      const job = `const job = words.load(${control.job});`;
      const ends = `if (words.load(slot + ${control.dismissed}) !== 0) return false;`;
      const text = changed(job, '').replace(ends, `${ends} ${job}`);
      expect(() => explore({ workers: 1, jobs: [], workerTurn: text })).toThrow('Nobody can go on');
    });

    it('a worker that goes on after it was given up', () => {
      const text = changed(`words.load(slot + ${control.dismissed}) === 0`, 'true');
      expect(() => explore({ workers: 1, jobs: [2, 2], slow: true, workerTurn: text })).toThrow(
        'given up takes a tile',
      );
    });
  });
});
