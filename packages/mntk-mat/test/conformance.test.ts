import { describe, expect, it } from 'vitest';
import { testMethod } from '@overparam/conformance';
import { gaussNewton } from '@overparam/gauss-newton';
import { mat } from '@overparam/mntk-mat';
import { ponos, ponosAdam } from '@overparam/polyak-nonmonotone';

// With selections at the steps that faults hit, so that they hit selections too.
const options = { runner: { describe, it }, layers: 2, runs: 5, claims: { descends: 20 } } as const;
testMethod(mat(ponos(), { every: 2, alpha: 0.5 }), options);
testMethod(mat(ponosAdam({ dense: 2, every: 2 }), { every: 2, alpha: 0.5 }), options);
testMethod(mat(gaussNewton({ damping: 0.1 }), { every: 1, alpha: 0.9, spectra: { largestKernel: 0 } }), options);

it('MAT passes the end of a run on to its inner method, and has none of its own', () => {
  const method = mat(ponosAdam());
  const state = method.endIn!(method.init(), 40, 'known');
  expect(state).toEqual({ ...method.init(), inner: ponosAdam().endIn!(ponosAdam().init(), 40, 'known') });
  expect(mat(ponos()).endIn).toBeUndefined();
});
