import { expect, it, vi } from 'vitest';
import type { Run } from './room.ts';
import { transport, type Position } from './transport.ts';

/** A run of steps that are taken when `tick` is called. */
function played({ steps = Infinity, fails = false } = {}) {
  const positions: Position[] = [];
  const errors: unknown[] = [];
  const waiting: (() => void)[] = [];
  const seen = { begun: 0, steps: 0, drawn: 0, closed: 0 };
  const begin = async (): Promise<Run> => {
    seen.begun++;
    return {
      async step() {
        await new Promise<void>((resolve) => waiting.push(resolve));
        if (fails) throw new Error('NaN');
        return ++seen.steps < steps;
      },
      draw: () => void seen.drawn++,
      status: () => `step ${seen.steps}`,
      close: () => void seen.closed++,
    };
  };
  const changed = (position: Position): void => void (positions.at(-1) !== position && positions.push(position));
  const player = transport({ begin, changed, failed: (error) => errors.push(error) });
  const tick = async (): Promise<void> => {
    await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(0));
    waiting.shift()!();
  };
  return { player, tick, seen, positions, errors, waiting };
}

it('runs until it is paused, and goes on', async () => {
  const { player, tick, seen, positions, waiting } = played();
  const running = player.start();
  await tick();
  await tick();
  await vi.waitFor(() => expect(waiting.length).toBe(1));
  player.pause();
  await tick();
  await running;
  expect(seen).toMatchObject({ begun: 1, steps: 3 });
  expect(waiting.length).toBe(0);
  expect(seen.drawn).toBeGreaterThan(0);
  const again = player.start();
  await tick();
  await vi.waitFor(() => expect(waiting.length).toBe(1));
  player.pause();
  await tick();
  await again;
  expect(seen).toMatchObject({ begun: 1, steps: 5, closed: 0 });
  expect(positions).toEqual(['beginning', 'running', 'paused', 'running', 'paused']);
});

it('takes one step, of a new run or of one that is paused; two at once are one', async () => {
  const { player, tick, seen, positions } = played();
  for (let k = 1; k <= 2; k++) {
    const steps = [player.step(), player.step()];
    await tick();
    await Promise.all(steps);
    expect(seen).toMatchObject({ begun: 1, steps: k });
  }
  expect(positions).toEqual(['beginning', 'paused']);
});

it('ends when there is nothing left to do', async () => {
  const { player, tick, positions, seen } = played({ steps: 2 });
  const running = player.start();
  await tick();
  await tick();
  await running;
  expect(positions.at(-1)).toBe('finished');
  expect([player.going, seen.steps]).toEqual([false, 2]);
});

it('shows what a step throws', async () => {
  const { player, tick, positions, errors } = played({ fails: true });
  const running = player.start();
  await tick();
  await running;
  expect(positions.at(-1)).toBe('failed');
  expect(errors).toEqual([new Error('NaN')]);
});

it('resets in the middle of a step, whose end changes nothing', async () => {
  const { player, tick, positions, seen, waiting } = played();
  const running = player.start();
  await vi.waitFor(() => expect(waiting.length).toBe(1));
  player.reset();
  expect([positions.at(-1), seen.closed]).toEqual(['ready', 1]);
  await tick();
  await running;
  expect([positions.at(-1), seen.drawn]).toEqual(['ready', 0]);
  const next = player.step();
  await tick();
  await next;
  expect(seen).toMatchObject({ begun: 2, closed: 1 });
});
