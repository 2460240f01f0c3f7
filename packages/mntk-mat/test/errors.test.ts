import { describe, expect, it } from 'vitest';
import { run, type Matrix, type ModuleKernelsRequest } from '@overparam/core';
import { mat, spectraOf, type MatOptions, type SpectraOptions } from '@overparam/mntk-mat';
import { gradientDescent } from './gradient-descent.ts';
import { network } from './networks.ts';
import { scripted } from './scripted.ts';

const inner = gradientDescent(0.1);
const oracle = network({ samples: 4, inputs: 3, widths: [4], classes: 2, seed: 1 });
const failing =
  (options: object): (() => unknown) =>
  () =>
    mat(inner, options as MatOptions);

describe('options of mat', () => {
  it('that are unknown are named with the nearest known one', () => {
    for (const [unknown, known] of [
      ['alhpa', 'alpha'],
      ['min_active', 'minActive'],
      ['treshold', 'threshold'],
      ['group', 'groups'],
    ])
      expect(failing({ [unknown!]: 1 })).toThrow(
        `mat(gradient-descent) has no option '${unknown}'. Did you mean '${known}'?`,
      );
    expect(failing({ spectra: { contractoin: 'sum' } })).toThrow("Did you mean 'contraction'?");
    expect(failing({ spectra: { modules: ['a'] } })).toThrow("it is MAT's own 'modules'");
  });

  it.each<[keyof MatOptions, unknown]>([
    ['every', 0],
    ['every', 1.5],
    ['every', NaN],
    ['n_batches_per_epoch', 0],
    ['begin', -1],
    ['alpha', 1.1],
    ['alpha', NaN],
    ['alpha', '0.5'],
    ['hysteresis', -0.1],
    ['beta', -1],
    ['beta', NaN],
    ['patience', 0],
    ['revival', -1],
    ['minActive', 0.5],
    ['longestRest', 0],
    ['threshold', 'max'],
    ['threshold', null],
    ['score', 'trace'],
    ['movement', 'speed'],
    ['gradients', 'past'],
    ['clock', 1],
    ['spectra', null],
    ['spectra', 'loss'],
    ['modules', []],
    ['modules', ['a', 'a']],
    ['groups', {}],
    ['groups', { a: [] }],
    ['groups', 'a'],
  ])('%s = %s is refused at once', (name, value) => {
    expect(failing({ [name]: value })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(failing({ [name]: value })).toThrow(name);
  });

  it('refuse groups that overlap, or miss a module', () => {
    expect(failing({ groups: { a: ['x', 'y'], b: ['y'] } })).toThrow(
      expect.objectContaining({
        code: 'GROUPS_OVERLAP',
        message: "The module 'y' is in the groups 'a' and 'b': a module has one group.",
      }),
    );
    expect(failing({ groups: { a: ['x'] }, modules: ['x', 'z'] })).toThrow('a group for z');
  });

  it('score by descent only what has one', () => {
    for (const spectra of [{ contraction: 'full' }, { quantities: ['trace'] }])
      expect(failing({ score: 'descent', spectra })).toThrow("spectra of the contraction 'loss'");
  });

  it('take a method', () => {
    expect(() => mat({} as typeof inner)).toThrow('The inner method');
    expect(() => mat(undefined as unknown as typeof inner)).toThrow('The inner method');
  });
});

describe('a step of mat', () => {
  const step = (options: MatOptions, of: object = oracle) => {
    const method = mat(inner, options);
    return () => run(method, of as typeof oracle, method.init());
  };

  it('names unknown modules', () => {
    const message = "'layer7': the oracle's modules are layer0, layer1.";
    const code = 'UNKNOWN_MODULE';
    expect(step({ modules: ['layer0', 'layer7'] })).toThrow(
      expect.objectContaining({ code, message: `modules has ${message}` }),
    );
    expect(step({ groups: { a: ['layer7'] } })).toThrow(
      expect.objectContaining({ code, message: `groups has ${message}` }),
    );
  });

  it('wants modules to choose among', () => {
    expect(step({}, scripted({ others: [1] }))).toThrow(expect.objectContaining({ code: 'NO_MODULES' }));
  });

  it('notices that the modules have changed', () => {
    const changing = scripted({ a: [1], b: [2], c: [3] });
    changing.names = ['a', 'b'];
    const method = mat(inner, { every: 1 });
    const { state } = run(method, changing, method.init());
    changing.names = ['b', 'c'];
    expect(() => run(method, changing, state)).toThrow(
      expect.objectContaining({
        code: 'MODULES_CHANGED',
        message: expect.stringContaining('new: c; gone: a') as string,
      }),
    );
  });

  it('refuses what a rule of its own returns, when it is no number', () => {
    expect(step({ threshold: () => NaN })).toThrow('The threshold is NaN');
    expect(step({ score: () => NaN })).toThrow('The score of layer0 is NaN');
    expect(step({ groups: (() => 3) as never })).toThrow("groups('layer0') is 3");
  });

  it('passes on what a rule of its own throws, and leaves everything as it was', () => {
    const w = oracle.parameters();
    const broken = (): never => {
      throw new Error('mine');
    };
    expect(step({ threshold: broken })).toThrow('mine');
    expect(oracle.parameters()).toEqual(w);
  });

  it('wants an oracle that knows modules and their kernels', () => {
    const { linearize, move, probe, modules } = oracle;
    const asks = (questions: string) => `asks ${questions}, which this oracle does not answer`;
    expect(step({}, { linearize, move, probe })).toThrow(asks("'modules', 'moduleKernels'"));
    expect(step({}, { linearize, move, probe, modules })).toThrow(asks("'moduleKernels'"));
  });
});

describe('spectra', () => {
  it.each<[keyof SpectraOptions, unknown]>([
    ['contraction', 'mean'],
    ['quantities', ['rank']],
    ['projections', 0],
    ['samples', 1],
    ['samples', NaN],
    ['seed', 0.5],
    ['tolerance', 0],
    ['tolerance', 1],
    ['largestSpectrum', -1],
    ['largestKernel', NaN],
    ['modules', []],
    ['modules', ['layer0', 'layer0']],
  ])('%s = %s is refused', async (name, value) => {
    await expect(spectraOf(oracle, { [name]: value })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining(name) as string,
    });
  });

  it('name what is wrong', async () => {
    const code = (code: string) => ({ code });
    await expect(spectraOf(oracle, { modules: ['x'] })).rejects.toMatchObject(code('UNKNOWN_MODULE'));
    await expect(spectraOf(oracle, { sample: 3 } as object)).rejects.toMatchObject(code('UNKNOWN_OPTION'));
    const one = network({ samples: 1, inputs: 3, widths: [4], classes: 2, seed: 1 });
    await expect(spectraOf(one)).rejects.toMatchObject(code('TOO_FEW_SAMPLES'));
    const { modules, ...nameless } = oracle;
    await expect(spectraOf(nameless)).rejects.toMatchObject(code('MISSING_QUESTION'));
    expect((await spectraOf(nameless, { modules: ['layer1'] })).modules).toHaveLength(1);
    // Without dimensions, 'loss' and 'full' alone, and all samples of the batch.
    const sizeless = { modules, moduleKernels: oracle.moduleKernels };
    expect((await spectraOf(sizeless, { contraction: 'loss' })).samples).toBe(4);
    expect((await spectraOf(sizeless)).samples).toBeNull();
    await expect(spectraOf(sizeless, { contraction: 'sum' })).rejects.toMatchObject(code('MISSING_QUESTION'));
    await expect(spectraOf({ modules })).rejects.toMatchObject(code('MISSING_QUESTION'));
    const { dimensions, kernelProduct } = oracle;
    const lossless = { modules, dimensions, kernelProduct };
    await expect(spectraOf(lossless, { contraction: 'loss' })).rejects.toMatchObject(code('MISSING_QUESTION'));
  });

  it('refuse answers of the wrong shape', async () => {
    const row = { rows: 1, columns: 2, data: new Float64Array(2) };
    const wrong = { code: 'SHAPE_MISMATCH' };
    const large = { rows: 9, columns: 9, data: new Float64Array(81) };
    await expect(spectraOf({ ...oracle, moduleKernels: () => [large, large] })).rejects.toMatchObject(wrong);
    await expect(spectraOf({ ...oracle, moduleKernels: () => [row, row] })).rejects.toMatchObject(wrong);
    await expect(spectraOf({ ...oracle, moduleKernels: () => [] })).rejects.toMatchObject(wrong);
    const products = { ...oracle, kernelProduct: () => row };
    await expect(spectraOf(products, { largestKernel: 0 })).rejects.toMatchObject(wrong);
  });

  it('refuse numbers that are not finite, of the module that they belong to', async () => {
    const spoiled = (by: number) => ({
      ...oracle,
      moduleKernels: (request: ModuleKernelsRequest = {}) =>
        oracle
          .moduleKernels(request)
          .map((kernel, l) => (l === 1 ? { ...kernel, data: kernel.data.fill(by) } : kernel)),
    });
    for (const by of [NaN, Infinity, -Infinity, 1e308])
      await expect(spectraOf(spoiled(by))).rejects.toMatchObject({
        code: 'NOT_FINITE',
        message: expect.stringContaining('layer1') as string,
      });
    const huge = { ...oracle, kernelProduct: (u: Matrix) => ({ ...u, data: u.data.map(() => NaN) }) }; // prettier-ignore
    await expect(spectraOf(huge, { largestKernel: 0 })).rejects.toMatchObject({ code: 'NOT_FINITE' });
  });

  it('say when an iteration does not converge', async () => {
    // A rotation of the samples is no kernel: it has no real eigenvalue to converge to.
    const N = 60;
    const rotation = {
      modules: () => ['a'],
      dimensions: () => ({ samples: N, outputs: 1, parameters: N }),
      kernelProduct: (u: Matrix) => ({ ...u, data: u.data.map((_, n) => u.data[(n + 1) % N]!) }),
    };
    await expect(spectraOf(rotation, { samples: N })).rejects.toMatchObject({ code: 'NO_CONVERGENCE' });
  });
});
