import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fromPlain,
  grippo,
  grippoPerSample,
  monotone,
  toPlain,
  zhangHager,
  type Reference,
} from '@overparam/line-search';

/** The references along a sequence, with the state through JSON at each step. */
const along = <S, At>(rule: Reference<S, At>, sequence: readonly At[]): { R: number[]; state: S } => {
  let state = rule.init();
  const R = sequence.map((at) => {
    const [reference, next] = rule.next(state, at);
    state = JSON.parse(JSON.stringify(next)) as S;
    return reference;
  });
  return { R, state };
};
const values = (losses: readonly number[]) => losses.map((value) => ({ value }));
const losses = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 30 });

describe('monotone', () => {
  it('is f, and remembers nothing', () => {
    expect(along(monotone, values([3, 1, 2]))).toEqual({ R: [3, 1, 2], state: {} });
  });
});

describe('zhangHager', () => {
  it('with xi = 1 is the larger of f and the mean of all losses', () => {
    expect(along(zhangHager(), values([4, 2, 9, 1]))).toEqual({ R: [4, 3, 9, 4], state: { Q: 4, C: 4 } });
  });
  it("continues from the mean, or with the paper's recursion from the larger", () => {
    expect(along(zhangHager({ recursion: 'paper' }), values([4, 2, 9, 1])).R).toEqual([4, 3, 9, 7]);
  });
  it('with xi = 0 is f', () => {
    expect(along(zhangHager({ xi: 0 }), values([4, 2, 9])).R).toEqual([4, 2, 9]);
  });
  it("the paper's recursion is never below the code's, and both are at least f", () => {
    fc.assert(
      fc.property(losses, fc.double({ min: 0, max: 1, noNaN: true }), (sequence, xi) => {
        const code = along(zhangHager({ xi }), values(sequence)).R;
        const paper = along(zhangHager({ xi, recursion: 'paper' }), values(sequence)).R;
        sequence.forEach((f, i) => {
          expect(code[i]).toBeGreaterThanOrEqual(f);
          expect(paper[i]).toBeGreaterThanOrEqual(code[i]! * (1 - 1e-12));
        });
      }),
      { seed: 3 },
    );
  });
  it('keeps what is not finite through JSON', () => {
    expect(along(zhangHager(), values([1, Infinity, 2]))).toEqual({
      R: [1, Infinity, Infinity],
      state: { Q: 3, C: 'Infinity' },
    });
    expect([NaN, Infinity, -Infinity, 0.1].map((x) => fromPlain(toPlain(x)))).toEqual([NaN, Infinity, -Infinity, 0.1]);
  });
  it.each([{ xi: -0.1 }, { xi: 2 }, { xi: NaN }, { recursion: 'both' as never }])('refuses %o', (options) => {
    expect(() => zhangHager(options)).toThrow(`${Object.keys(options)[0]} is`);
  });
});

describe('grippo', () => {
  it('is the largest of f and the losses in the window', () => {
    expect(along(grippo({ window: 2 }), values([4, 2, 1, 1, 3]))).toEqual({
      R: [4, 4, 4, 2, 3],
      state: { losses: [1, 3] },
    });
  });
  it('remembers no more than its window', () => {
    fc.assert(
      fc.property(losses, fc.integer({ min: 1, max: 8 }), (sequence, window) => {
        const { R } = along(grippo({ window }), values(sequence));
        sequence.forEach((_, i) => expect(R[i]).toBe(Math.max(...sequence.slice(Math.max(i - window, 0), i + 1))));
      }),
      { seed: 4 },
    );
  });
  it('refuses an empty window', () => expect(() => grippo({ window: 0 })).toThrow('window is 0'));
});

describe('grippoPerSample', () => {
  const at = (samples: number[], losses: number[]) => ({
    value: losses.reduce((a, b) => a + b) / losses.length,
    samples,
    losses,
  });
  it("puts the batch's loss together from its samples' histories", () => {
    const { R, state } = along(grippoPerSample({ window: 2, batchesPerEpoch: 2 }), [
      at([0, 1], [8, 2]),
      at([2, 3], [4, 4]),
      at([0, 1], [6, 1]),
      // Now 0 has [4, 3], 2 has [2]; with batches of two: max(4 + 2, 3 + 2, 1).
      at([0, 2], [1, 1]),
      // First in the batch decides how far back: 2 has [2, 0.5], 0 has [3, 0.5].
      at([2, 0], [0, 0]),
      at([2, 0], [0, 0]),
    ]);
    expect(R).toEqual([5, 4, 3.5, 6, 5, 1]);
    expect(state).toEqual({
      batches: 6,
      shares: [[0, 0], [1, 0.5], [0, 0], [2]],
    });
  });
  it('is NaN where a loss is', () => {
    const { R } = along(grippoPerSample({ window: 2, batchesPerEpoch: 2 }), [{ ...at([0, 1], [8, NaN]), value: 3 }]);
    expect(R).toEqual([NaN]);
  });
});
