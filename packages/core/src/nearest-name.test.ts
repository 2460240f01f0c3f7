import { assert, property } from 'fast-check';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestName } from '@overparam/core';

const steps = ['max_eta', 'min_eta', 'c', 'delta', 'xi', 'f_star', 'guards', 'momentum', 'maxIterations', 'tolerance'];

describe('nearestName', () => {
  it.each([
    ['maxEta', 'max_eta'],
    ['MIN-ETA', 'min_eta'],
    ['min_et', 'min_eta'],
    ['mometnum', 'momentum'],
    ['guard', 'guards'],
    ['detla', 'delta'],
    ['tol', 'tolerance'],
    ['iterations', 'maxIterations'],
    ['XI', 'xi'],
    ['zhang_xi', 'xi'],
    ['zhangXi', 'xi'],
  ])('%s means %s', (name, meant) => expect(nearestName(name, steps)).toBe(meant));

  it.each([
    'learningRate',
    'lr',
    'epochs',
    'd',
    'x',
    '',
    'taxi',
    '_',
    'ETA_c',
    'constructor',
    '__proto__',
    'hasOwnProperty',
    'batch_size',
  ])('%s means none of them', (name) => expect(nearestName(name, steps)).toBeUndefined());

  it('takes the nearest of several, the first of equals', () => {
    expect(nearestName('steps', ['step', 'stepSize', 'steps_'])).toBe('steps_');
    expect(nearestName('axis3', ['axis1', 'axis2'])).toBe('axis1');
    expect(nearestName('max', ['max_eta', 'maximum', 'maxx'])).toBe('maxx');
  });

  it('knows nothing among no names', () => expect(nearestName('step', [])).toBeUndefined());

  const word = fc.stringMatching(/^[a-z]{4,12}$/);
  it('finds a name with one slip in it', () => {
    assert(
      property(word, fc.nat(), fc.nat(3), (name, where, kind) => {
        const at = where % (name.length - 1);
        const slips = [
          name.slice(0, at) + name.slice(at + 1),
          `${name.slice(0, at)}z${name.slice(at)}`,
          `${name.slice(0, at)}z${name.slice(at + 1)}`,
          name.slice(0, at) + name[at + 1]! + name[at]! + name.slice(at + 2),
        ];
        expect(nearestName(slips[kind]!, ['0123456789', name])).toBe(name);
      }),
      { numRuns: 1000, seed: 1 },
    );
  });

  it('is quick with a name of a million letters', () => {
    expect(nearestName('x'.repeat(1e6), steps)).toBeUndefined();
  });
});
