import { describe, expect, it } from 'vitest';
import { gaussNewton, levenbergMarquardt } from './index.ts';

const thrown = (f: () => unknown): { code?: string; message: string } => {
  try {
    f();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};

describe('options', () => {
  it.each([
    [() => gaussNewton({ lamda: 1 } as never), "no option 'lamda'. Did you mean 'lambda'?"],
    [
      () => gaussNewton({ damping: { rule: 'adaptive', aplha: 1 } as never }),
      "damping 'adaptive' has no option 'aplha'. Did you mean 'alpha'?",
    ],
    [() => gaussNewton({ cg: { tol: 1 } as never }), "Did you mean 'tolerance'"],
    [() => levenbergMarquardt({ gamm: 1 } as never), "Did you mean 'gamma'?"],
    [() => levenbergMarquardt({ damping: { rule: 'nielsen', Tau: 1 } as never }), "Did you mean 'tau'?"],
    [() => levenbergMarquardt({ geodesic: { rato: 1 } as never }), "Did you mean 'ratio'?"],
    [() => levenbergMarquardt({ scaling: { minimum: 1 } as never }), "Did you mean 'min'?"],
  ])('an unknown one is named, with the nearest', (make, message) => {
    expect(thrown(make).code).toBe('UNKNOWN_OPTION');
    expect(thrown(make).message).toContain(message);
  });

  it.each([
    [() => gaussNewton(3 as never), 'takes an object'],
    [() => gaussNewton({ curvature: 'fisher' as never }), 'curvature is "fisher"'],
    [() => gaussNewton({ lambda: 1, gamma: 1 }), 'gamma is 1: it takes null where lambda is given'],
    [() => gaussNewton({ lambda: 0 }), 'lambda is 0'],
    [() => gaussNewton({ lambda: Infinity }), 'lambda is Infinity'],
    [() => gaussNewton({ gamma: NaN }), 'gamma is NaN'],
    [() => gaussNewton({ momentum: 1 }), 'momentum is 1'],
    [() => gaussNewton({ momentum: 0.5, solver: 'primal' }), 'solver is "primal"'],
    [() => gaussNewton({ solver: 'lu' as never }), 'solver is "lu"'],
    [() => gaussNewton({ solver: 'cg' }), "a constant > 0 with solver 'cg'"],
    [() => gaussNewton({ solver: 'cg', damping: 0 }), "a constant > 0 with solver 'cg'"],
    [() => gaussNewton({ search: 'wolfe' as never }), 'search is "wolfe"'],
    [() => gaussNewton({ damping: -1 }), 'damping.eps is -1'],
    [() => gaussNewton({ damping: NaN }), 'damping.eps is NaN'],
    [
      () => gaussNewton({ damping: 'nielsen' as never }),
      "damping is \"nielsen\": it takes 'constant', 'adaptive', 'relative' or 'pseudo-inverse'",
    ],
    [() => gaussNewton({ damping: { rule: 'pinv' } as never }), 'damping.rule is "pinv"'],
    [() => gaussNewton({ damping: null as never }), 'damping is null'],
    [() => gaussNewton({ damping: { rule: 'adaptive', floor: -1 } }), 'damping.floor is -1'],
    [() => gaussNewton({ damping: { rule: 'relative', to: 'norm' as never } }), 'damping.to is "norm"'],
    [() => gaussNewton({ damping: { rule: 'pseudo-inverse', cut: 0 } }), 'damping.cut is 0'],
    [() => gaussNewton({ cg: { tolerance: 1 } }), 'cg.tolerance is 1'],
    [() => gaussNewton({ cg: { warmStart: 1 as never } }), 'cg.warmStart is 1'],
    [() => gaussNewton({ gradientTolerance: -1 }), 'gradientTolerance is -1'],
    [() => gaussNewton({ targetLoss: NaN }), 'targetLoss is NaN'],
    [() => gaussNewton({ maxEvaluations: 0 }), 'maxEvaluations is 0'],
    [() => levenbergMarquardt({ gamma: 1 }), "gamma is 1: it takes null with curvature 'loss'"],
    [() => levenbergMarquardt({ attempts: 0 }), 'attempts is 0'],
    [() => levenbergMarquardt({ adaptEvery: 0.5 }), 'adaptEvery is 0.5'],
    [() => levenbergMarquardt({ damping: 'adaptive' as never }), "'nielsen', 'marquardt10', 'trust-region' or 'kfac'"],
    [() => levenbergMarquardt({ damping: { rule: 'nielsen', tau: 0 } }), 'damping.tau is 0'],
    [() => levenbergMarquardt({ damping: { rule: 'nielsen', mu0: -1 } }), 'damping.mu0 is -1'],
    [() => levenbergMarquardt({ damping: { rule: 'nielsen', min: 2, max: 1 } }), 'damping.max is 1'],
    [() => levenbergMarquardt({ damping: { rule: 'marquardt10', up: 1 } }), 'damping.up is 1'],
    [() => levenbergMarquardt({ damping: { rule: 'marquardt10', min: 0 } }), 'damping.min is 0'],
    [() => levenbergMarquardt({ damping: { rule: 'trust-region', maxRadius: 0 } }), 'damping.maxRadius is 0'],
    [() => levenbergMarquardt({ damping: { rule: 'trust-region', accept: 1 } }), 'damping.accept is 1'],
    [() => levenbergMarquardt({ damping: { rule: 'kfac', omega: 2 } }), 'damping.omega is 2'],
    [() => levenbergMarquardt({ geodesic: { step: 0 } }), 'geodesic.step is 0'],
    [() => levenbergMarquardt({ scaling: { min: 0 } }), 'scaling.min is 0'],
    [() => levenbergMarquardt({ scaling: { min: 2, max: 1 } }), 'scaling.max is 1'],
  ])('a bad one is named: %s', (make, message) => {
    expect(thrown(make).code).toBe('BAD_OPTION');
    expect(thrown(make).message).toContain(message);
  });

  it.each([gaussNewton, levenbergMarquardt])('are carried along, enough to make the method again', (make) => {
    const made = make({ stepTolerance: 1e-3, gamma: undefined } as never);
    const again = make(JSON.parse(JSON.stringify(made.options)) as never);
    expect(again.options).toEqual(made.options);
    expect(made.options).toMatchObject({ stepTolerance: 1e-3, gamma: null });
    expect(JSON.parse(JSON.stringify(made.init()))).toEqual(made.init());
  });
});
