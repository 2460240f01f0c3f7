import { describe, expect, it } from 'vitest';
import { checkpoint, restore, run, type Method } from '@overparam/core';
import type { Float64CompositeOracle } from '@overparam/backend-float64';
import { gaussNewton, levenbergMarquardt } from '@overparam/gauss-newton';
import { mat, type MatReport, type MatState } from '@overparam/mntk-mat';
import { constantStep, ponos, sls, slsAccelerated, slsExtragradient, sps } from '@overparam/polyak-nonmonotone';
import { network } from './networks.ts';

type Under = Method<MatState<object>, MatReport<object>, Float64CompositeOracle>;
const inner: readonly { readonly name: string }[] = [
  ...[ponos(), sls(), sps(), constantStep(), slsAccelerated(), slsExtragradient()],
  ...[gaussNewton(), levenbergMarquardt(), mat(ponos(), { every: 2 })],
];

describe('a checkpoint', () => {
  it.each(inner)('of $name under MAT resumes after every step as if uninterrupted', (method) => {
    const options = { every: 3, alpha: 0.6, beta: 0.05, patience: 1, spectra: { samples: 4 } };
    const under = mat(method as never, options) as unknown as Under;
    const made = (): Float64CompositeOracle => network({ samples: 6, inputs: 3, widths: [5, 4], classes: 3, seed: 6 });
    const one = made();
    let other = made();
    let [uninterrupted, resumed] = [under.init(), under.init()];
    let rested = 0;
    for (let k = 0; k < 30; k++) {
      const saved = JSON.stringify([checkpoint(under, resumed), other.save()]);
      // Another process: nothing is left but what was saved.
      const [state, parameters] = JSON.parse(saved) as [unknown, ReturnType<Float64CompositeOracle['save']>];
      other = made();
      other.restore(parameters);
      const there = run(under, other, restore<MatState<object>>(under, state));
      const here = run(under, one, uninterrupted);
      expect({ ...there, report: { ...there.report, work: null } }).toEqual({ ...here, report: { ...here.report, work: null } }); // prettier-ignore
      expect(other.parameters()).toEqual(one.parameters());
      if (here.report.trained !== null) rested++;
      [uninterrupted, resumed] = [here.state, there.state];
    }
    expect(rested).toBeGreaterThan(3);
  });

  it('is not taken by MAT over another method', () => {
    const renamed = { ...mat(ponos()), name: 'mat(sls)' };
    const saved = checkpoint(mat(ponos()), mat(ponos()).init());
    expect(() => restore(renamed, saved)).toThrow("not of 'mat(sls)'");
  });
});
