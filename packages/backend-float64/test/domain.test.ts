import { run, type Method } from '@overparam/core';
import { functionOracle } from '@overparam/backend-float64';
import {
  adaSls,
  adaSlsHeavyBall,
  crossBatchGrippo,
  monotonePolyak,
  ponos,
  ponosPrec,
  ponosReset0,
  singleBatchGrippo,
  sls,
  slsAccelerated,
  slsExtragradient,
  slsGoldstein,
  slsPonos,
  slsPrec,
  zhangEvery2,
  zhangReset2,
  zhangReset3,
  zhangReset4,
  type Preconditioner,
  type StepReport,
} from '@overparam/polyak-nonmonotone';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

type Any = Method<object, StepReport> & { readonly direction?: Preconditioner };
const any = (method: object): Any => method as Any;

/** Every method that searches, with directions that differ from the one that is searched. */
const searching: Readonly<Record<string, Any>> = {
  ...Object.fromEntries(
    Object.entries({ ponos, ponosReset0, zhangEvery2, zhangReset2, zhangReset3, zhangReset4, monotonePolyak }).map(
      ([name, make]) => [name, any(make())],
    ),
  ),
  crossBatchGrippo: any(crossBatchGrippo()),
  singleBatchGrippo: any(singleBatchGrippo()),
  sls: any(sls()),
  slsPonos: any(slsPonos()),
  slsGoldstein: any(slsGoldstein()),
  slsExtragradient: any(slsExtragradient()),
  'slsAccelerated, polyak': any(slsAccelerated()),
  'slsAccelerated, nesterov': any(slsAccelerated({ acceleration_method: 'nesterov' })),
  adaSls: any(adaSls()),
  'adaSls, rmsprop': any(adaSls({ base_opt: 'rmsprop' })),
  'adaSls, adam with momentum': any(adaSls({ base_opt: 'adam', momentum: 0.9 })),
  'adaSls, pp_lipschitz': any(adaSls({ pp_norm_method: 'pp_lipschitz' })),
  adaSlsHeavyBall: any(adaSlsHeavyBall()),
  'adaSlsHeavyBall, pp_lipschitz': any(adaSlsHeavyBall({ pp_norm_method: 'pp_lipschitz' })),
  ponosPrec: any(ponosPrec()),
  'ponosPrec, momentum': any(ponosPrec({ momentum2: 0.9 })),
  slsPrec: any(slsPrec()),
};

/** f(w) = sum_i sqrt(w_i) + w_i^2 / 10, which is defined for w >= 0 and has its least value at the edge of that. */
function edge(start: readonly number[], direction: Preconditioner | undefined) {
  const evaluated = new Map<string, number>();
  const oracle = functionOracle(
    (w) => {
      const value = w.reduce((sum, x) => sum + Math.sqrt(x) + 0.1 * x * x, 0);
      evaluated.set(w.join(), value);
      return { value, gradient: w.map((x) => 0.5 / Math.sqrt(x) + 0.2 * x) };
    },
    start,
    {
      ...(direction && { direction }),
      sampleLosses: (w) => ({ samples: [0], losses: [evaluated.get(w.join())!] }),
    },
  );
  return { oracle, valueHere: () => evaluated.get(oracle.parameters().join()) };
}

/** Steps until the method stays, or 40 of them. */
function check(method: Any, start: readonly number[]): void {
  const { oracle, valueHere } = edge(start, method.direction);
  let state = method.init();
  for (let step = 0; step < 40; step++) {
    const before = oracle.parameters();
    const { state: next, report } = run(method, oracle, state);
    state = next;
    const moved = oracle.parameters().some((x, i) => x !== before[i]);
    if (!moved) continue;
    // Whatever the step is, the point it leads to was evaluated, and its value is finite.
    expect(valueHere()).toBeTypeOf('number');
    expect(valueHere()).toSatisfy(Number.isFinite);
    if (report.valueAfter !== null) expect(report.valueAfter).toBe(valueHere());
  }
}

describe('no step goes to a point that was not evaluated, while guards are on:', () => {
  it.each(Object.entries(searching))('%s', (_, method) => {
    check(method, [1e-3, 2]);
    fc.assert(
      fc.property(
        fc.array(
          fc.double({ min: -6, max: 1, noNaN: true }).map((power) => 10 ** power),
          { minLength: 1, maxLength: 3 },
        ),
        (start) => check(method, start),
      ),
      { seed: 16, numRuns: 50 },
    );
  });
});
