import { describe, expect, it } from 'vitest';
import { checkpoint, restore, run, type Method } from '@overparam/core';
import type { Float64CompositeOracle } from '@overparam/backend-float64';
import { mat, type MatReport, type MatState } from '@overparam/mntk-mat';
import { ponos } from '@overparam/polyak-nonmonotone';
import { network } from './networks.ts';

type Under = Method<MatState<object>, MatReport<object>, Float64CompositeOracle>;

describe('a checkpoint', () => {
  it('resumes after every step as if uninterrupted', () => {
    const options = { every: 3, alpha: 0.6, beta: 0.05, patience: 1, spectra: { samples: 4 } };
    const method = mat(ponos(), options) as unknown as Under;
    const made = (): Float64CompositeOracle => network({ samples: 6, inputs: 3, widths: [5, 4], classes: 3, seed: 6 });
    const [one, other] = [made(), made()];
    let [uninterrupted, resumed] = [method.init(), method.init()];
    const decisions = new Set<string>();
    for (let k = 0; k < 30; k++) {
      const saved = JSON.stringify(checkpoint(method, resumed));
      const there = run(method, other, restore<MatState<object>>(method, saved));
      const here = run(method, one, uninterrupted);
      expect(there).toEqual(here);
      expect(other.parameters()).toEqual(one.parameters());
      here.report.selection?.decisions.forEach(({ why }) => decisions.add(why));
      [uninterrupted, resumed] = [here.state, there.state];
    }
    expect(decisions.size).toBeGreaterThanOrEqual(3);
  });

  it('is not taken by MAT over another method', () => {
    const renamed = { ...mat(ponos()), name: 'mat(sls)' };
    const saved = checkpoint(mat(ponos()), mat(ponos()).init());
    expect(() => restore(renamed, saved)).toThrow("not of 'mat(sls)'");
  });
});
