import type { Method } from '@overparam/core';
import { testMethod, type MethodClaims } from '@overparam/conformance';
import {
  adaSls,
  adaSlsHeavyBall,
  constantStep,
  crossBatchGrippo,
  decsps,
  monotonePolyak,
  ponos,
  ponosAdam,
  ponosPrec,
  ponosReset0,
  singleBatchGrippo,
  sls,
  slsAccelerated,
  slsExtragradient,
  slsGoldstein,
  slsPonos,
  slsPrec,
  sps,
  spsPonos,
  spsPrec,
  zhangEvery2,
  zhangReset2,
  zhangReset3,
  zhangReset4,
} from '@overparam/polyak-nonmonotone';
import { describe, it } from 'vitest';

const test = <S, R, O extends object>(method: Method<S, R, O>, claims: MethodClaims = {}): void =>
  testMethod(method, { runner: { describe, it }, runs: 6, claims });

// With xi = 1 the reference is the mean of all losses so far: f comes down as 1 / k, with ups on the way.
test(ponos(), { converges: { steps: 200, to: 0.01 } });
// The 1e-8 beside |g|^2 shortens Polyak's step in the end.
const linear = { steps: 20, factor: 0.75, until: 1e-8 };
test(ponos({ xi: 0 }), { monotone: true, linear });
test(ponosReset0());
test(ponosPrec());
test(ponosAdam());
test(ponosAdam({ steps: 30, every: 2, dense: 3 }));
test(crossBatchGrippo());
test(singleBatchGrippo());
test(zhangReset2());
test(zhangReset3());
test(zhangReset4());

// A monotone search accepts no step that leaves f higher.
test(monotonePolyak(), { monotone: true, linear });
test(sls(), { monotone: true, linear: { steps: 20, factor: 0.5 } });
test(slsGoldstein(), { monotone: true });
test(slsPonos(), { monotone: true });
test(slsPrec());
test(slsAccelerated());
test(slsExtragradient());
test(adaSls());

test(sps({ eta_max: 0.25, adapt_flag: 'constant' }), { monotone: true });
test(decsps());
test(constantStep({ step: 0.25 }), { monotone: true, linear: { steps: 20, factor: 0.5 } });

// With their papers' constants these take steps that are too long for some quadratics, and do not search.
test(spsPonos(), { descends: false });
test(spsPrec(), { descends: false });
test(adaSlsHeavyBall(), { descends: false });
// Searches at every second step.
test(zhangEvery2(), { descends: false });
