import { minimize, run } from '@overparam/core';
import { constantStep, ponos } from '@overparam/polyak-nonmonotone';
import { describe, expect, it } from 'vitest';
import { functionOracle } from './index.ts';

/** (w - y)^2 / 2 for the batch {y}. */
const toward = (y: number, w: Float64Array): { value: number; gradient: number[] } => ({
  value: (w[0]! - y) ** 2 / 2,
  gradient: [w[0]! - y],
});

describe('functionOracle with mini-batches', () => {
  it('reports the batch of the step where f reads it from outside', async () => {
    const batches = [1, 5, -3, 2];
    let k = 0;
    const oracle = functionOracle((w) => toward(batches[k]!, w), [0]);
    const values: number[] = [];
    const expected: number[] = [];
    await minimize(ponos(), oracle, {
      steps: 4,
      onStep({ report }) {
        values.push(report.value);
        k = Math.min(k + 1, 3);
        expected.push(toward(batches[k]!, oracle.parameters()).value);
      },
    });
    expect(values).toEqual([0.5, ...expected.slice(0, -1)]);
  });

  it('without finish too: after a move the point is evaluated again', () => {
    let y = 1;
    const oracle = functionOracle((w) => toward(y, w), [0]);
    oracle.linearize();
    oracle.move(0.5);
    y = 5;
    expect(oracle.linearize().value).toBe(4.5 ** 2 / 2);
  });

  it('hands f the batch that was taken, one per step, and the same again after an abandoned step', () => {
    const drawn = [1, 5, -3];
    const seen: number[] = [];
    let draws = 0;
    const oracle = functionOracle((w, y: number) => (seen.push(y), toward(y, w)), [0], {
      batch: () => drawn[draws++]!,
    });
    expect(draws).toBe(0);
    oracle.linearize();
    oracle.move(0.5);
    oracle.abandon();
    expect([...oracle.parameters()]).toEqual([0]);
    run(constantStep({ step: 0.5 }), oracle, {});
    run(constantStep({ step: 0.5 }), oracle, {});
    expect(draws).toBe(2);
    expect([...new Set(seen)]).toEqual([1, 5]);
    expect([...oracle.parameters()]).toEqual([2.75]);
  });

  it('asks for the losses of the same batch', () => {
    let draws = 0;
    const oracle = functionOracle((w, y: number) => toward(y, w), [0], {
      batch: () => ++draws,
      sampleLosses: (w, y) => ({ samples: [y], losses: [toward(y, w).value] }),
    });
    expect(oracle.sampleLosses()).toEqual({ samples: [1], losses: [0.5] });
    expect(oracle.linearize().value).toBe(0.5);
    expect(draws).toBe(1);
  });

  it('calls a deterministic f once per point', async () => {
    const calls = async (deterministic: boolean): Promise<number> => {
      let calls = 0;
      const oracle = functionOracle((w) => (calls++, toward(1, w)), [0], { deterministic });
      for (let step = 0; step < 5; step++) {
        oracle.linearize();
        oracle.probe(0.5);
        oracle.move(0.5);
        oracle.finish();
      }
      return calls;
    };
    expect(await calls(true)).toBe(1 + 5);
    expect(await calls(false)).toBe(2 * 5);
  });

  it.each<[object, string]>([
    [{ batches: () => 1 }, "no option 'batches'"],
    [{ batch: [1, 2] }, 'batch is '],
    [{ deterministic: 1 }, 'deterministic is 1'],
    [{ deterministic: true, batch: () => 1 }, "false beside 'batch'"],
    [{ module: { a: [0, 1] } }, "no option 'module'"],
  ])('refuses %o', (options, message) => {
    expect(() => functionOracle((w) => toward(1, w), [0], options)).toThrow(message);
  });
  it('refuses a function that is not one', () => {
    expect(() => functionOracle({ value: 1 } as never, [0])).toThrow('a function of the parameters');
  });
});
