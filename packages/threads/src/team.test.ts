import { describe, expect, it, vi } from 'vitest';
import { type Job, type Pool } from './pool.ts';
import { createTeam } from './team.ts';

const job: Job = { kernel: 'square', tiles: [[], []] };

/** A pool of three threads whose runs save what they are told to. */
function pool(about: Partial<Pool> = {}): Pool {
  return {
    ...{ threads: 3, ready: Promise.resolve(), sleeping: 0, run: () => 0 },
    latency: () => ({ asleep: 0.1, awake: 0.01 }),
    dispose() {},
    ...about,
  };
}

describe('a team', () => {
  it('shares what takes longer than reaching the workers: much longer where they sleep', async () => {
    const [awake, asleep] = [createTeam(pool()), createTeam(pool({ sleeping: 1 }))];
    // Those of a slow machine, before they are measured.
    expect([0.019, 0.021, 0.17].map((ms) => awake.parts(ms))).toEqual([1, 3, 6]);
    expect([0.149, 0.151, 1.3].map((ms) => asleep.parts(ms))).toEqual([1, 3, 6]);
    await Promise.all([awake.ready, asleep.ready]);
    expect([0.039, 0.041, 0.33].map((ms) => awake.parts(ms))).toEqual([1, 3, 6]);
    expect([0.29, 0.31, 2.5].map((ms) => asleep.parts(ms))).toEqual([1, 3, 6]);
  });

  it('believes no latency that a busy machine makes long', async () => {
    const team = createTeam(pool({ latency: () => ({ asleep: 30, awake: 30 }) }));
    await team.ready;
    expect(team.parts(0.21)).toBe(3);
  });

  it('shares nothing, and measures nothing, where no worker is left', async () => {
    const latency = vi.fn();
    const team = createTeam(pool({ threads: 1, latency }));
    await team.ready;
    expect(team.parts(1000)).toBe(1);
    expect(latency).not.toHaveBeenCalled();
  });

  it('rests where sharing costs, longer each time, until it has saved as much again', () => {
    let saving = -1;
    const team = createTeam(pool({ run: () => saving }));
    const rest = (): number => {
      team.run(job);
      let jobs = 0;
      while (team.parts(1) === 1) jobs++;
      return jobs;
    };
    expect([rest(), rest(), rest()]).toEqual([8, 16, 32]);
    saving = 2;
    expect(rest()).toBe(0);
    saving = -0.5;
    expect([rest(), rest(), rest()]).toEqual([0, 0, 8]);
    saving = -5;
    expect(Array.from({ length: 9 }, rest).at(-1)).toBe(1024);
  });

  it('passes on the error of a lost thread', () => {
    const run = (): number => {
      throw new Error('lost');
    };
    expect(() => createTeam(pool({ run })).run(job)).toThrow('lost');
  });
});
