import { describe, expect, it } from 'vitest';
import { createComparison } from './comparison.ts';

/** Jobs that take a millisecond alone, for so many milliseconds; shared, they take `time`. Returns the lengths of the turns. */
function turns(duration: number, time: number, state = { comparison: createComparison(), now: 0 }): string[] {
  const all: { sharing: boolean; from: number }[] = [];
  const end = state.now + duration;
  while (state.now < end) {
    const sharing = state.comparison.shares(state.now);
    if (all.at(-1)?.sharing !== sharing) all.push({ sharing, from: state.now });
    state.now += sharing ? time : 1;
    if (sharing) state.comparison.count(1, time);
  }
  return all.map(
    ({ sharing, from }, i) => `${sharing ? 'shared' : 'alone'} ${Math.round((all[i + 1]?.from ?? end) - from)}`,
  );
}

const longest = (all: readonly string[]): string =>
  all.reduce((a, b) => (Number(b.split(' ')[1]) > Number(a.split(' ')[1]) ? b : a));

describe('a comparison', () => {
  it('shares where that pays, and sees now and then how long it takes alone', () => {
    expect(turns(5000, 0.5)).toEqual([
      ...['alone 25', 'shared 100', 'alone 25', 'shared 200', 'alone 25', 'shared 400', 'alone 25', 'shared 800'],
      ...['alone 25', 'shared 1000', 'alone 25', 'shared 1000', 'alone 25', 'shared 1000', 'alone 25', 'shared 300'],
    ]);
  });

  it('does not share where that costs, and tries it now and then', () => {
    // A trial lasts until a job ends.
    expect(turns(3000, 1.25)).toEqual([
      ...['alone 25', 'shared 100', 'alone 125', 'shared 25', 'alone 200', 'shared 25', 'alone 400', 'shared 25'],
      ...['alone 800', 'shared 25', 'alone 1000', 'shared 25', 'alone 225'],
    ]);
  });

  it('changes its mind when the machine does', () => {
    const state = { comparison: createComparison(), now: 0 };
    turns(5000, 0.5, state);
    expect(turns(3000, 2, state).filter((turn) => turn.startsWith('alone')).length).toBeGreaterThan(1);
    expect(longest(turns(1000, 2, state))).toContain('alone');
    turns(1000, 0.5, state);
    expect(longest(turns(1000, 0.5, state))).toContain('shared');
  });

  it('is not put off by one interruption', () => {
    const state = { comparison: createComparison(), now: 0 };
    turns(150, 0.5, state);
    state.comparison.count(1, 1e6);
    expect(turns(500, 0.5, state).filter((turn) => turn.startsWith('alone'))).toEqual(['alone 25']);
  });
});
