import { describe, expect, it } from 'vitest';
import * as family from '@overparam/polyak-nonmonotone';

const { ponos } = family;
const parts = ['armijoSearch', 'lineSearchMethod', 'polyakStart', 'slsStart', 'stepRuleMethod'];
type MethodMaker = (options: never) => { readonly name: string; readonly needs: readonly string[] };
const methods = Object.entries(family).filter(([name]) => !parts.includes(name)) as unknown as [string, MethodMaker][];
/** `ponosAdam` follows no official code, so there are no guards to switch off. */
const guarded = methods.filter(([name]) => name !== 'ponosAdam');

const thrown = (f: () => unknown): { code?: string; message: string } => {
  try {
    f();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};

function checkNamed({ name, needs }: ReturnType<MethodMaker>): void {
  expect(name).toMatch(/^[a-z0-9-]+$/);
  expect(needs[0]).toBe('linearize');
}

function checkRemade(method: MethodMaker, given: object): void {
  const made = method(given as never) as { readonly options?: object };
  const again = method(JSON.parse(JSON.stringify(made.options)) as never) as { readonly options?: object };
  expect(made.options).toMatchObject(given);
  expect(again.options).toEqual(made.options);
}

describe('options', () => {
  it.each([
    ['detla', 'delta'],
    ['cp', 'c_p'],
    ['maxEta', 'max_eta'],
    ['fStar', 'f_star'],
    ['zhang_xi', 'xi'],
    ['saveBacktracks', 'save_backtracks'],
    ['guard', 'guards'],
  ])('%s is unknown, and %s is suggested', (unknown, known) => {
    const { code, message } = thrown(() => ponos({ [unknown]: 1 }));
    expect(code).toBe('UNKNOWN_OPTION');
    expect(message).toContain(`'${unknown}'`);
    expect(message).toContain(`Did you mean '${known}'?`);
  });

  it.each(methods)('%s refuses an unknown option and what is no object', (_, method) => {
    expect(thrown(() => method({ learningRate: 1 } as never)).code).toBe('UNKNOWN_OPTION');
    expect(thrown(() => method(0.1 as never)).code).toBe('BAD_OPTION');
    expect(thrown(() => method(null as never)).code).toBe('BAD_OPTION');
  });

  it.each(guarded)('%s checks its guards', (_, method) => {
    expect(thrown(() => method({ guards: { finit: true } } as never)).message).toContain("Did you mean 'finite'?");
    expect(thrown(() => method({ guards: { finite: 1 } } as never)).code).toBe('BAD_OPTION');
  });

  it.each(methods)('%s has a name, and takes undefined for a default', (name, method) => {
    checkNamed(method({ [name === 'ponosAdam' ? 'delta' : 'guards']: undefined } as never));
  });

  it.each(guarded)('%s carries its options, enough to make it again', (_, method) => {
    checkRemade(method, { guards: { finite: false } });
  });

  it('ponosAdam carries its options, enough to make it again', () => {
    checkRemade(family.ponosAdam as MethodMaker, { steps: 'unbounded', every: 5 });
  });

  it.each([
    ['c', [0, 1, NaN, -0.1]],
    ['c_p', [0, -1, NaN]],
    ['delta', [0, 1, NaN]],
    ['xi', [-0.1, 1.1, NaN]],
    ['max_eta', [0, NaN]],
    ['min_eta', [-1, 11, NaN]],
    ['f_star', [NaN, Infinity]],
    ['save_backtracks', ['yes', 1]],
    ['recursion', ['latex']],
    ['clipping', ['none']],
    ['rho', [0, -1, Infinity, NaN]],
    ['guards', ['off']],
  ] as const)('%s of ponos is checked', (name, values) => {
    for (const value of values) {
      const { code, message } = thrown(() => ponos({ [name]: value }));
      expect(code).toBe('BAD_OPTION');
      expect(message).toContain(name);
    }
  });

  it.each([
    [() => family.sls({ reset_option: 3 }), "reset_option is 3: it takes 'keep' (0), 'grow' (1), 'restart' (2)."],
    [() => family.sls({ line_search_fn: 'wolfe' as never }), 'line_search_fn'],
    [() => family.sls({ beta_b: 1 }), 'beta_b is 1'],
    [() => family.slsPonos({ reset_option: 'often' as never }), "'grow-capped' (11)"],
    [() => family.slsGoldstein({ c: 0.6 }), 'c is 0.6'],
    [() => family.slsAccelerated({ momentum: 1 }), 'momentum'],
    [() => family.slsAccelerated({ acceleration_method: 'adam' as never }), 'acceleration_method'],
    [() => family.sps({ adapt_flag: 'none' as never }), 'adapt_flag'],
    [() => family.sps({ eta_max: -1 }), 'eta_max'],
    [() => family.sps({ n_batches_per_epoch: 0 }), 'n_batches_per_epoch'],
    [() => family.spsPonos({ min_eta: 20 }), 'min_eta'],
    [() => family.decsps({ c0: 0 }), 'c0'],
    [() => family.adaSls({ step_size_method: 'fixed' as never }), 'step_size_method'],
    [() => family.adaSls({ pp_norm_method: 'norm' as never }), 'pp_norm_method'],
    [() => family.adaSls({ base_opt: 'sgd' as never }), 'base_opt'],
    [() => family.ponosPrec({ reset_option: 5 as never }), 'reset_option'],
    [() => family.ponosPrec({ suff_decr: 'pp_norm' as never }), 'suff_decr'],
    [() => family.constantStep({ step: 0 }), 'step'],
    [() => family.crossBatchGrippo({ NM_window: 0 }), 'NM_window is 0'],
    [() => family.ponosPrec({ c_step: 0 }), 'c_step is 0'],
    [() => family.singleBatchGrippo({ NM_window: 0 }), 'NM_window is 0'],
    [() => family.singleBatchGrippo({ n_batches_per_epoch: 0 }), 'n_batches_per_epoch is 0'],
    [() => family.zhangEvery2({ sls_every: 0 }), 'sls_every'],
  ])('a bad option of %s is named', (make, text) => {
    const { code, message } = thrown(make);
    expect(code).toBe('BAD_OPTION');
    expect(message).toContain(text);
  });
});
