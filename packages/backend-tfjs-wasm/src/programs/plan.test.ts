import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Lifetime, plan } from './plan.ts';

const lifetimes = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 5000 }), fc.nat(40), fc.nat(10))
    .map(([bytes, first, length]): Lifetime => ({ bytes, first, last: first + length })),
  { maxLength: 60 },
);

describe('plan', () => {
  it('never gives the same memory to two blocks that are in use at the same step', () => {
    fc.assert(
      fc.property(lifetimes, (blocks) => {
        const { offsets, bytes } = plan(blocks);
        blocks.forEach((a, i) => {
          expect(offsets[i]! % 64).toBe(0);
          expect(offsets[i]! + a.bytes).toBeLessThanOrEqual(bytes);
          blocks.slice(i + 1).forEach((b, j) => {
            if (a.last < b.first || b.last < a.first) return;
            const [from, other] = [offsets[i]!, offsets[i + 1 + j]!];
            expect(from + Math.max(a.bytes, 1) <= other || other + Math.max(b.bytes, 1) <= from).toBe(true);
          });
        });
      }),
    );
  });

  it('needs no more than one block after the other does, and reuses memory at once', () => {
    fc.assert(
      fc.property(lifetimes, (blocks) => {
        const whole = blocks.reduce((sum, { bytes }) => sum + Math.max(64, Math.ceil(bytes / 64) * 64), 0);
        expect(plan(blocks).bytes).toBeLessThanOrEqual(whole);
      }),
    );
    const chain = Array.from({ length: 50 }, (_, i) => ({ bytes: 640, first: i, last: i + 1 }));
    expect(plan(chain).bytes).toBe(2 * 640);
  });
});
