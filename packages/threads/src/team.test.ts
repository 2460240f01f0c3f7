import { describe, expect, it, vi } from 'vitest';
import { type Pool } from './pool.ts';
import { createTeam, type Team } from './team.ts';

/** A pool of three threads; what it computes takes no time, and would have taken so many milliseconds alone. */
function pool(about: Partial<Pool> = {}): Pool {
  return {
    ...{ threads: 3, ready: Promise.resolve(), sleeping: 0, run: () => 0, alone() {}, reach: () => 0.005 },
    dispose() {},
    ...about,
  };
}

let kernels = 0;
/** In how many parts a job is computed, by default of a kernel that the team has not met. */
function partsOf(team: Team, estimate: number, kernel = `kernel ${kernels++}`): number {
  let parts = 0;
  team.share(kernel, estimate, (many, compute) => {
    parts = many;
    compute([[], []]);
  });
  return parts;
}

describe('a team', () => {
  it('shares what takes much longer than reaching the workers, in the more parts the longer it takes', async () => {
    const team = createTeam(pool());
    // Those of a slow machine, before they are measured.
    expect([0.6, 0.65].map((ms) => partsOf(team, ms))).toEqual([1, 4]);
    await team.ready;
    expect([0.01, 0.15, 0.17, 0.25].map((ms) => partsOf(team, ms))).toEqual([1, 1, 2, 3]);
    expect([1, 100].map((ms) => partsOf(team, ms))).toEqual([6, 6]);
  });

  it('asks for half as much after a job that was shared, whose results lie with all threads', async () => {
    const team = createTeam(pool());
    await team.ready;
    expect([0.1, 1, 0.1, 0.1, 0.05, 0.1].map((ms) => partsOf(team, ms))).toEqual([1, 6, 2, 2, 1, 1]);
    // What takes next to no time changes nothing.
    expect([1, 0.001, 0.003, 0.1].map((ms) => partsOf(team, ms))).toEqual([6, 1, 1, 2]);
  });

  it('measures again during the first jobs, for the machine may have been busy when it started', async () => {
    const reach = vi.fn(() => 0.02);
    const team = createTeam(pool({ reach }));
    await team.ready;
    expect(partsOf(team, 0.6)).toBe(1);
    reach.mockReturnValue(0.005);
    expect([10, 0.15].map((ms) => partsOf(team, ms))).toEqual([6, 3]);
    const before = reach.mock.calls.length;
    for (let i = 0; i < 100; i++) partsOf(team, 10);
    expect(reach.mock.calls.length - before).toBeLessThan(32);
  });

  it('wakes workers for a long job, or for short ones that follow one another closely', async () => {
    let time = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (time += 1e-4));
    let reached = 0;
    const team = createTeam(pool({ sleeping: 2, reach: () => (reached++ % 21 === 0 ? 0.1 : 0.004) }));
    await team.ready;
    expect(partsOf(team, 0.25)).toBeGreaterThan(1);
    const shared = (apart: number): boolean[] =>
      Array.from({ length: 4 }, () => {
        time += apart;
        return partsOf(team, 0.14) > 1;
      });
    expect(shared(0.5)).toEqual([false, true, false, true]);
    expect(shared(3)).toEqual([false, false, false, false]);
    vi.restoreAllMocks();
  });

  it('believes no reach that a busy machine makes long', async () => {
    const team = createTeam(pool({ reach: () => 30 }));
    await team.ready;
    expect([0.6, 0.7].map((ms) => partsOf(team, ms))).toEqual([1, 4]);
  });

  it('shares nothing, and measures nothing, where no worker is left', async () => {
    const [reach, run] = [vi.fn(), vi.fn()];
    const team = createTeam(pool({ threads: 1, reach, run }));
    await team.ready;
    expect(partsOf(team, 1000)).toBe(1);
    expect(reach).not.toHaveBeenCalled();
    expect(run).not.toHaveBeenCalled();
  });

  it('learns how long the jobs of a kernel take', async () => {
    const team = createTeam(pool({ run: () => 1 }));
    await team.ready;
    for (let i = 0; i < 50; i++) partsOf(team, 100, 'quick');
    expect(partsOf(team, 100, 'slow')).toBe(6);
    expect(partsOf(team, 5, 'quick')).toBe(1);
  });

  it('rests where sharing costs, longer each time, until it has saved as much again', () => {
    let saving = -1.5;
    let time = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (time += 1e-3));
    const run = (): number => {
      time += 2;
      return 2 + saving;
    };
    const team = createTeam(pool({ run, alone: () => (time += 2) }));
    const shared = (jobs: number): string =>
      Array.from({ length: jobs }, () => (partsOf(team, 2, 'job') > 1 ? 'S' : '.')).join('');
    expect(shared(59)).toBe(`S${'.'.repeat(8)}S${'.'.repeat(16)}S${'.'.repeat(32)}`);
    saving = 2;
    expect(shared(5)).toBe('SSSSS');
    saving = -1.5;
    expect(shared(10)).toBe(`S${'.'.repeat(8)}S`);
    vi.restoreAllMocks();
  });

  it('shares a job of Infinity in any case, and does not learn from it', () => {
    const run = vi.fn(() => 0);
    const team = createTeam(pool({ run }));
    for (let i = 0; i < 5; i++) expect(partsOf(team, Infinity, 'job')).toBe(6);
    expect(run).toHaveBeenCalledTimes(5);
    expect(partsOf(team, 0.001, 'job')).toBe(1);
  });

  it('passes on the error of a lost thread', () => {
    const run = (): number => {
      throw new Error('lost');
    };
    expect(() => partsOf(createTeam(pool({ run })), 10)).toThrow('lost');
  });
});
