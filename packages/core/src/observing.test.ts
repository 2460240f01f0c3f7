import { describe, expect, it } from 'vitest';
import { counting, observing, run, runAsync, type Oracle } from '@overparam/core';
import { halving, later, quadratic } from '../test/quadratic.ts';

describe('counting', () => {
  it('counts each question', async () => {
    for (const wrap of [(oracle: Oracle) => oracle, later]) {
      const { oracle, counts } = counting(wrap(quadratic([8])));
      expect(counts).toEqual({});
      await runAsync(halving, oracle, { steps: 0 });
      expect(counts).toEqual({ linearize: 1, probe: 2, move: 1 });
    }
  });
});

describe('observing', () => {
  it('sees answers, and failures, of oracles that answer now or later', async () => {
    for (const wrap of [(oracle: Oracle) => oracle, later]) {
      const seen: string[] = [];
      const inner = quadratic([8]);
      const failing: Oracle = {
        linearize: () => inner.linearize(),
        probe: () => inner.probe(1),
        move: () => {
          throw new Error('stuck');
        },
      };
      const oracle = observing(wrap(failing), {
        answered: ({ name }, answer) => seen.push(`${name} ${JSON.stringify(answer)}`),
        failed: ({ name }, error) => seen.push(`${name} failed: ${(error as Error).message}`),
      });
      await expect(runAsync(halving, oracle, { steps: 0 })).rejects.toThrow('stuck');
      expect(seen).toEqual([
        'linearize {"value":32,"slope":-64,"squaredGradientNorm":64}',
        'probe 0',
        'move failed: stuck',
      ]);
    }
  });

  it('leaves what is not a question alone, and reaches private fields', () => {
    class Hidden implements Oracle {
      readonly name = 'hidden';
      #w = 8;
      linearize(): { value: number; slope: number; squaredGradientNorm: number } {
        return { value: this.#w ** 2 / 2, slope: -(this.#w ** 2), squaredGradientNorm: this.#w ** 2 };
      }
      probe(step: number): number {
        return (this.#w - step * this.#w) ** 2 / 2;
      }
      move(step: number): void {
        this.#w -= step * this.#w;
      }
    }
    const oracle = observing(new Hidden(), {});
    expect(oracle.name).toBe('hidden');
    expect(run(halving, oracle, { steps: 0 }).report).toEqual({ value: 32, step: 1.5 });
    expect(oracle.linearize().value).toBe(8);
  });
});
