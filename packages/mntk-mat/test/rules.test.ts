import { describe, expect, it } from 'vitest';
import { run } from '@overparam/core';
import { mat, type MatOptions, type Why } from '@overparam/mntk-mat';
import { gradientDescent } from './gradient-descent.ts';
import { scripted, type Script } from './scripted.ts';

/** What became of each module at each selection. */
function decided(script: Script, options: MatOptions, selections: number): Record<string, Why[]> {
  const oracle = scripted(script);
  const method = mat(gradientDescent(1), { every: 1, beta: 0, ...options });
  const found: Record<string, Why[]> = {};
  let state = method.init();
  for (let t = 0; t < selections; t++) {
    const step = run(method, oracle, state);
    state = step.state;
    const { selection, trained } = step.report;
    const active = selection!.decisions.filter(({ active }) => active).map(({ module }) => module);
    expect(trained ?? oracle.names).toEqual(oracle.names.filter((name) => active.includes(name) || !(name in script)));
    for (const { module, why } of selection!.decisions) (found[module] ??= []).push(why);
  }
  return found;
}

describe('the spatial rule', () => {
  it('ratio: lambda_max >= alpha times the largest', () => {
    expect(decided({ a: [10], b: [5], c: [4.9] }, { alpha: 0.5 }, 1)).toEqual({
      a: ['above'],
      b: ['above'],
      c: ['below'],
    });
  });

  it('quantile: lambda_max >= the alpha-quantile', () => {
    const script = { a: [1], b: [2], c: [3], d: [4], e: [50] };
    const { a, b, c, d, e } = decided(script, { threshold: 'quantile', alpha: 0.5 }, 1);
    expect([a, b, c, d, e].flat()).toEqual(['below', 'below', 'above', 'above', 'above']);
    // 0.6 (n - 1) = 2.4: 3 + 0.4 (4 - 3).
    expect(decided(script, { threshold: 'quantile', alpha: 0.6 }, 1)['c']).toEqual(['below']);
  });

  it('one of its own', () => {
    const second = (scores: readonly number[]): number => [...scores].sort((a, b) => b - a)[1]!;
    expect(decided({ a: [1], b: [9], c: [5] }, { threshold: second }, 1)).toEqual({
      a: ['below'],
      b: ['above'],
      c: ['above'],
    });
  });

  it('compares within groups', () => {
    const script = { head0: [1], head1: [0.2], ffn0: [100], ffn1: [20] };
    const byName = (module: string): string => module.slice(0, -1);
    const byList = { heads: ['head0', 'head1'], ffns: ['ffn0', 'ffn1'] };
    for (const groups of [byName, byList])
      expect(decided(script, { groups, alpha: 0.5 }, 1)).toEqual({
        head0: ['above'],
        head1: ['below'],
        ffn0: ['above'],
        ffn1: ['below'],
      });
  });

  it('trains all that is in no group', () => {
    const oracle = scripted({ embedding: [0.001], a: [1], b: [0.1], norm: [0.001] });
    const method = mat(gradientDescent(1), { groups: { heads: ['a', 'b'] }, alpha: 0.5 });
    const { report } = run(method, oracle, method.init());
    expect(report.trained).toEqual(['embedding', 'a', 'norm']);
    expect(oracle.linearized).toEqual([['embedding', 'a', 'norm']]);
    const rest = mat(gradientDescent(1), { alpha: 0.5 });
    expect(run(rest, scripted({ a: [1], b: [0.1], others: [9] }), rest.init()).report.trained).toEqual(['a', 'others']);
    const listed = mat(gradientDescent(1), { modules: ['b', 'a'], alpha: 0.5 });
    expect(run(listed, scripted({ x: [5], a: [1], b: [0.1] }), listed.init()).report.trained).toEqual(['x', 'a']);
  });

  it('gradients go around what rests where that is asked for, and through it where not', () => {
    const requests = (options: MatOptions): unknown => {
      const oracle = scripted({ a: [1, 1], b: [0.1, 1] });
      const method = mat(gradientDescent(1), { alpha: 0.5, every: 1, ...options });
      run(method, oracle, run(method, oracle, method.init()).state);
      return oracle.requests;
    };
    expect(requests({})).toEqual([{ modules: ['a'] }, undefined]);
    expect(requests({ gradients: 'around' })).toEqual([{ modules: ['a'], around: true }, undefined]);
  });

  it('scores by lambda_max relative to its start, or as one likes', () => {
    const script = { a: [10, 5], b: [1, 2], zero: [0, 3] };
    const relative = decided(script, { score: 'relative', alpha: 0.5 }, 2);
    expect(relative).toEqual({ a: ['above', 'below'], b: ['above', 'above'], zero: ['no-influence', 'above'] });
    const lowest = decided(script, { score: ({ spectrum }) => 1 / (1 + spectrum.lambda_max), alpha: 0.9 }, 1);
    expect(lowest).toEqual({ a: ['below'], b: ['above'], zero: ['no-influence'] });
  });

  it('scores by the descent that a module promises', () => {
    const oracle = scripted({ narrow: [4], wide: [3] });
    const kernels = [
      [4, -2, -2, 1], // Its eigenvalue is 5, and the loss asks for the sum of the rows.
      [3, 1, 1, 3],
    ].map((data) => ({ rows: 2, columns: 2, data: Float64Array.from(data) }));
    const looked = { ...oracle, moduleKernels: () => kernels };
    const report = (options: MatOptions) => {
      const method = mat(gradientDescent(1), { alpha: 0.9, ...options });
      return run(method, looked, method.init()).report;
    };
    expect(report({}).trained).toEqual(['narrow']);
    expect(report({ score: 'descent' }).trained).toEqual(['wide']);
    expect(report({ score: 'descent' }).selection!.decisions.map(({ score }) => score)).toEqual([1, 8]);
  });

  it('lets a module in at (1 + hysteresis) times the threshold, and out below it', () => {
    const script = { a: [10], b: [5, 4, 5.4, 5.6, 5.1, 4.9] };
    expect(decided(script, { alpha: 0.5 }, 6)['b']).toEqual(['above', 'below', 'above', 'above', 'above', 'below']);
    expect(decided(script, { alpha: 0.5, hysteresis: 0.1 }, 6)['b']).toEqual([
      'above',
      'below',
      'below',
      'above',
      'above',
      'below',
    ]);
  });

  it('trains minActive modules, the best ones, and those without influence last', () => {
    const none = { threshold: () => Infinity };
    const script = { a: [1], b: [3], c: [2], zero: [0] };
    expect(decided(script, { ...none, minActive: 0 }, 1)).toEqual({
      a: ['below'],
      b: ['below'],
      c: ['below'],
      zero: ['no-influence'],
    });
    expect(decided(script, none, 1)).toMatchObject({ a: ['below'], b: ['minimum'], c: ['below'] });
    expect(decided(script, { ...none, minActive: 2 }, 1)).toMatchObject({
      a: ['below'],
      b: ['minimum'],
      c: ['minimum'],
    });
    expect(decided(script, { ...none, minActive: 9 }, 1)).toMatchObject({ a: ['minimum'], zero: ['minimum'] });
    // Groups have scales of their own.
    const groups = { small: ['a', 'b'], large: ['x', 'y'] };
    expect(decided({ a: [1], b: [2], x: [100], y: [40] }, { ...none, groups, minActive: 3 }, 1)).toEqual({
      a: ['minimum'],
      b: ['minimum'],
      x: ['minimum'],
      y: ['below'],
    });
  });

  it('with alpha = 0 trains everything', () => {
    const all = { a: ['above'], b: ['above'], zero: ['above'] };
    expect(decided({ a: [1], b: [1e-300], zero: [0] }, { alpha: 0, hysteresis: 0.5 }, 1)).toEqual(all);
    expect(decided({ a: [0], b: [0], zero: [0] }, { alpha: 0 }, 1)).toEqual(all);
  });

  it('gives a module a turn after longestRest selections', () => {
    expect(decided({ a: [10], b: [1] }, { alpha: 0.5, longestRest: 2 }, 7)['b']).toEqual([
      'below',
      'below',
      'rested',
      'below',
      'below',
      'rested',
      'below',
    ]);
  });
});

describe('the temporal rule', () => {
  const moving = Array.from({ length: 12 }, (_, t) => 10 + 2 * t);
  const rule = { alpha: 0.1, beta: 0.1, patience: 2 };

  it('retires a module whose lambda_max has ceased to move for `patience` selections', () => {
    // |lambda(1) - lambda(0)| = 4: still below a movement of 0.4.
    const { a, b } = decided({ a: moving, b: [4, 8, 8.2, 9, 9.1, 9.2, 9.2] }, rule, 7);
    expect(a).toEqual(Array(7).fill('above'));
    expect(b).toEqual(['above', 'above', 'above', 'above', 'above', 'retired', 'retired']);
  });

  it('takes it back when lambda_max has risen', () => {
    const script = { a: moving, b: [4, 8, 8, 8, 8.7, 9, 9.2, 9.2] };
    expect(decided(script, rule, 8)['b']).toEqual([
      'above',
      'above',
      'above',
      'retired',
      'retired',
      'returned',
      'above',
      'retired',
    ]);
    const forGood = decided({ ...script, b: [4, 8, 8, 8, 80] }, { ...rule, revival: Infinity }, 6)['b'];
    expect(forGood?.slice(3)).toEqual(['retired', 'retired', 'retired']);
  });

  it('measures change or drift', () => {
    // lambda goes from 4 above its start to 4 below: it changes, and has not drifted.
    const script = { a: moving, b: [8, 12, 4, 12, 4] };
    expect(decided(script, { ...rule, patience: 1 }, 3)['b']).toEqual(['above', 'above', 'above']);
    expect(decided(script, { ...rule, patience: 1, movement: 'drift' }, 3)['b']).toEqual(['above', 'above', 'retired']);
  });

  it('says nothing where lambda_max did not move at first', () => {
    expect(decided({ a: [5], b: [5, 5, 5, 6] }, rule, 5)).toEqual({
      a: Array(5).fill('above'),
      b: Array(5).fill('above'),
    });
  });

  it('is off with beta = 0', () => {
    expect(decided({ a: [5, 6, 6, 6, 6, 6] }, { ...rule, beta: 0, patience: 1 }, 6)['a']).toEqual(
      Array(6).fill('above'),
    );
  });

  it('leaves minActive modules', () => {
    const still = [5, 6, 6, 6, 6];
    expect(decided({ a: still, b: still.map((x) => x + 1) }, { ...rule, patience: 1 }, 4)).toEqual({
      a: ['above', 'above', 'retired', 'retired'],
      b: ['above', 'above', 'minimum', 'minimum'],
    });
  });

  it('counts stillness of what is trained alone', () => {
    const script = { a: [10], b: [5, 6, 1, 1, 1, 6, 6] };
    expect(decided(script, { ...rule, alpha: 0.5, patience: 2 }, 7)['b']).toEqual([
      'above',
      'above',
      'below',
      'below',
      'below',
      'above',
      'above',
    ]);
  });
});
