import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Pool } from './pool.ts';
import { createTeam, type Team } from './team.ts';

/** A pool of three threads that computes nothing. */
function pool(about: Partial<Pool> = {}): Pool {
  return {
    ...{ threads: 3, ready: Promise.resolve(), sleeping: 0, run() {}, alone() {}, reach: () => 0.005 },
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

let time = 0;
/** A team in the time when it shares, whatever the clock says: after it has seen how long jobs take alone. */
async function sharing(about: Partial<Pool> = {}): Promise<Team> {
  const team = createTeam(pool(about));
  await team.ready;
  partsOf(team, 1);
  time += 26;
  return team;
}

describe('a team', () => {
  beforeEach(() => void vi.spyOn(performance, 'now').mockImplementation(() => (time += 1e-3)));
  afterEach(() => vi.restoreAllMocks());

  it('shares what takes much longer than reaching the workers, in the more parts the longer it takes', async () => {
    const team = await sharing();
    expect([0.01, 0.15, 0.17, 0.25].map((ms) => partsOf(team, ms))).toEqual([1, 1, 2, 3]);
    expect([1, 100].map((ms) => partsOf(team, ms))).toEqual([6, 6]);
  });

  it('asks for half as much after a job that was shared, whose results lie with all threads', async () => {
    const team = await sharing();
    expect([0.1, 1, 0.1, 0.1, 0.05, 0.1].map((ms) => partsOf(team, ms))).toEqual([1, 6, 2, 2, 1, 1]);
    // What takes next to no time changes nothing.
    expect([1, 0.001, 0.004, 0.1].map((ms) => partsOf(team, ms))).toEqual([6, 1, 1, 2]);
  });

  it('measures again during the first jobs, for the machine may have been busy when it started', async () => {
    const reach = vi.fn(() => 0.02);
    const team = await sharing({ reach });
    expect(partsOf(team, 0.6)).toBe(1);
    reach.mockReturnValue(0.005);
    expect([10, 0.15].map((ms) => partsOf(team, ms))).toEqual([6, 3]);
    const before = reach.mock.calls.length;
    for (let i = 0; i < 100; i++) partsOf(team, 10);
    expect(reach.mock.calls.length - before).toBeLessThan(32);
  });

  it('wakes workers for a long job, or for short ones that follow one another closely', async () => {
    let reached = 0;
    const team = await sharing({ sleeping: 2, reach: () => (reached++ % 21 === 0 ? 0.1 : 0.004) });
    expect(partsOf(team, 0.25)).toBeGreaterThan(1);
    const shared = (apart: number): boolean[] =>
      Array.from({ length: 4 }, () => {
        time += apart;
        return partsOf(team, 0.14) > 1;
      });
    expect(shared(0.5)).toEqual([false, true, false, true]);
    expect(shared(3)).toEqual([false, false, false, false]);
  });

  it('believes no reach that a busy machine makes long', async () => {
    const team = await sharing({ reach: () => 30 });
    expect([0.6, 0.7].map((ms) => partsOf(team, ms))).toEqual([1, 4]);
  });

  it('shares nothing, and measures nothing, where no worker is left', async () => {
    const [reach, run] = [vi.fn(), vi.fn()];
    const team = await sharing({ threads: 1, reach, run });
    expect(partsOf(team, 1000)).toBe(1);
    expect(reach).not.toHaveBeenCalled();
    expect(run).not.toHaveBeenCalled();
  });

  it('learns how long the jobs of a kernel take, and whether sharing pays', async () => {
    const takes = { run: 0.7, alone: 1 };
    const team = await sharing({ run: () => void (time += takes.run), alone: () => void (time += takes.alone) });
    const shared = (jobs: number, estimate: number): number =>
      Array.from({ length: jobs }, () => partsOf(team, estimate, 'job')).filter((parts) => parts > 1).length / jobs;
    expect(shared(3000, 5)).toBeGreaterThan(0.9);
    takes.run = 1.3;
    shared(2000, 5);
    expect(shared(3000, 5)).toBeLessThan(0.1);
    // It takes far less than estimated: too little for threads.
    [takes.run, takes.alone] = [0.0007, 0.001];
    shared(200_000, 5);
    expect(shared(200_000, 5)).toBe(0);
  });

  it('counts what jobs lose that stay alone', async () => {
    let alone = 1;
    const team = await sharing({ run: () => void (time += 0.5), alone: () => void (time += alone) });
    // Sharing the large job saves half a millisecond, and the small ones lose twice as much.
    const step = (): number => {
      alone = 1;
      const parts = partsOf(team, 1, 'large');
      alone = parts > 1 ? 0.2 : 0.1;
      for (let i = 0; i < 10; i++) partsOf(team, 0.1, 'small');
      return parts;
    };
    for (let i = 0; i < 2000; i++) step();
    const steps = Array.from({ length: 2000 }, step);
    expect(steps.filter((parts) => parts > 1).length).toBeLessThan(200);
  });

  it('shares a job of Infinity in any case, and does not learn from it', () => {
    const run = vi.fn();
    const team = createTeam(pool({ run }));
    for (let i = 0; i < 5; i++) expect(partsOf(team, Infinity, 'job')).toBe(6);
    expect(run).toHaveBeenCalledTimes(5);
    expect(partsOf(team, 0.001, 'job')).toBe(1);
  });

  it('passes on the error of a lost thread', async () => {
    const run = (): never => {
      throw new Error('lost');
    };
    const team = await sharing({ run });
    expect(() => partsOf(team, 10)).toThrow('lost');
  });
});
