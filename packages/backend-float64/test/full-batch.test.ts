import { minimize, type Method } from '@overparam/core';
import { functionOracle } from '@overparam/backend-float64';
import { monotonePolyak, ponos, sls, type StepReport } from '@overparam/polyak-nonmonotone';
import { describe, expect, it } from 'vitest';
import { uniform } from './random.ts';

const next = uniform(3);
const [samples, parameters] = [50, 5];
const X = Array.from({ length: samples }, () => Array.from({ length: parameters }, () => next()));
const y = X.map((row) => row.reduce((sum, x, j) => sum + x * (j + 1), 0.3 * next()));

/** Noisy linear regression: mean of (x.w - y)^2, which no w brings to 0. */
const regression = (w: Float64Array): { value: number; gradient: number[] } => {
  const r = X.map((row, i) => row.reduce((sum, x, j) => sum + x * w[j]!, -y[i]!));
  return {
    value: r.reduce((sum, x) => sum + x * x, 0) / samples,
    gradient: w.reduce<number[]>(
      (g, _, j) => [...g, (2 / samples) * r.reduce((sum, ri, i) => sum + ri * X[i]![j]!, 0)],
      [],
    ),
  };
};
/** |w|^2 in 10 dimensions. */
const bowl = (w: Float64Array): { value: number; gradient: Float64Array } => ({
  value: w.reduce((sum, x) => sum + x * x, 0),
  gradient: w.map((x) => 2 * x),
});

const last = async (method: unknown, f: typeof regression | typeof bowl, start: readonly number[]): Promise<number> => {
  const { report } = await minimize(method as Method<object, StepReport>, functionOracle(f, start), { steps: 200 });
  return report!.value;
};
const ones = new Array<number>(10).fill(1);
const zeros = new Array<number>(parameters).fill(0);

describe('on full batches', () => {
  it.each<[string, () => unknown]>([
    ['ponos({ xi: 0 })', () => ponos({ xi: 0 })],
    ['ponos({ xi: 0.5 })', () => ponos({ xi: 0.5 })],
    ['monotonePolyak()', () => monotonePolyak()],
    ['sls({ n_batches_per_epoch: 1 })', () => sls({ n_batches_per_epoch: 1 })],
  ])('%s arrives', async (_, make) => {
    expect(await last(make(), bowl, ones)).toBeLessThan(1e-9);
    const least = await last(sls({ n_batches_per_epoch: 1 }), regression, zeros);
    expect(await last(make(), regression, zeros)).toBeCloseTo(least, 8);
  });

  it('ponos() swings, as the official code does', async () => {
    expect(await last(ponos(), bowl, ones)).toBeGreaterThan(1e-3);
    expect(await last(ponos(), regression, zeros)).toBeGreaterThan(0.04);
  });
});
