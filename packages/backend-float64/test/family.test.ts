import { minimize, run, type Method } from '@overparam/core';
import {
  composite,
  denseNetwork,
  functionOracle,
  softmaxCrossEntropy,
  type Direction,
} from '@overparam/backend-float64';
import * as family from '@overparam/polyak-nonmonotone';
import type { Preconditioner } from '@overparam/polyak-nonmonotone';
import { describe, expect, it } from 'vitest';
import { randomMatrix, randomVector, uniform } from './random.ts';

type Any = Method<object, { readonly value: number }> & { readonly direction?: Preconditioner };

/** Every method of the family, by the name of its function: those whose result asks an oracle. */
const methods = Object.entries(family).flatMap(([name, make]): [string, Any][] => {
  if (['armijoSearch', 'lineSearchMethod', 'stepRuleMethod', 'polyakStart', 'slsStart'].includes(name)) return [];
  return [[name, (make as () => Any)()]];
});

const next = uniform(11);
const model = denseNetwork({
  inputs: randomMatrix(12, 3, next),
  layers: [{ units: 6, activation: 'tanh' }, { units: 3 }],
});
const start = randomVector(model.parameters, next);
const loss = softmaxCrossEntropy([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], { classes: 3 });

describe('every method of the family runs on', () => {
  it('has them all', () => expect(methods.length).toBeGreaterThanOrEqual(23));

  const oracles = {
    composite: (direction: Direction) => composite({ model, loss, start, direction }),
    functionOracle: (direction: Direction) =>
      functionOracle(
        (w) => {
          const { outputs, pull } = model.at(w);
          const gradient = pull(loss.gradient(outputs), [[0, model.parameters]]);
          return { value: loss.value(outputs), gradient };
        },
        start,
        {
          direction,
          sampleLosses: (w) => ({
            samples: Array.from({ length: 12 }, (_, n) => n),
            losses: Array.from(loss.terms!(model.at(w).outputs), (term) => 12 * term),
          }),
        },
      ),
  };
  it.each(
    Object.entries(oracles).flatMap(([name, make]) => methods.map(([of, method]) => [name, of, make, method] as const)),
  )('%s: %s', async (_, __, make, method) => {
    const oracle = make(method.direction ?? 'gradient');
    const { report } = await minimize(method, oracle, { steps: 30 });
    expect(report!.value).toBeLessThan(loss.value(model.at(start).outputs));
  });

  it('and both oracles give the same numbers', () => {
    for (const [, method] of methods) {
      const [one, two] = [oracles.composite, oracles.functionOracle].map((make) =>
        make(method.direction ?? 'gradient'),
      );
      let [a, b] = [method.init(), method.init()];
      for (let step = 0; step < 5; step++) {
        ({ state: a } = run(method, one!, a));
        ({ state: b } = run(method, two!, b));
      }
      expect(one!.parameters()).toEqual(two!.parameters());
    }
  });
});
