import { describe, it } from 'vitest';
import { testMethod } from '@overparam/conformance';
import { mat } from '@overparam/mntk-mat';
import { ponos } from '@overparam/polyak-nonmonotone';

testMethod(mat(ponos(), { every: 2, alpha: 0.5 }), {
  runner: { describe, it },
  layers: 2,
  runs: 5,
  claims: { descends: 20 },
});
