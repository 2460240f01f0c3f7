import { testMethod } from '@overparam/conformance';
import { gaussNewton, levenbergMarquardt } from '@overparam/gauss-newton';
import { describe, it } from 'vitest';

const runner = { describe, it };
const runs = 4;

// With H the Hessian of the loss, a full step is 1, whatever the loss is a mean of.
testMethod(gaussNewton({ curvature: 'loss', gamma: 0.5 }), { runner, runs, claims: { monotone: true, linear: { steps: 5, factor: 0.5, until: 1e-8 } } }); // prettier-ignore
testMethod(gaussNewton({ curvature: 'loss', gamma: 0.5, momentum: 0.5, damping: 1e-2, search: 'armijo' }), { runner, runs, claims: { monotone: true } }); // prettier-ignore
testMethod(gaussNewton({ curvature: 'loss', solver: 'cg', damping: 1e-3, gamma: 1 }), { runner, runs, claims: { monotone: true } }); // prettier-ignore
testMethod(levenbergMarquardt(), { runner, runs, claims: { monotone: true, converges: { steps: 20, to: 1e-6 } } });
testMethod(levenbergMarquardt({ geodesic: true, scaling: true }), { runner, runs, claims: { monotone: true } });
