import { checkpoint, observing, restore, run, runAsync, type Method } from '@overparam/core';
import { gaussNewton, levenbergMarquardt, type GaussNewtonOracle } from '@overparam/gauss-newton';
import { type Float64CompositeOracle } from '@overparam/backend-float64';
import { grid } from '@overparam/line-search';
import { describe, expect, it } from 'vitest';
import { network } from './problems.ts';

interface Told {
  readonly stopped: string | null;
}
type Any = Method<object, Told, GaussNewtonOracle>;
const any = (method: unknown): Any => method as Any;

const wide = { samples: 3, hidden: 5, outputs: 2 };
const methods: Readonly<Record<string, readonly [Any, () => Float64CompositeOracle]>> = {
  'Gauss-Newton': [any(gaussNewton()), () => network(1, wide)],
  'with momentum and Armijo': [
    any(gaussNewton({ momentum: 0.9, search: 'armijo', damping: 1e-2 })),
    () => network(2, wide),
  ],
  'by conjugate gradients': [any(gaussNewton({ curvature: 'loss', damping: 1e-2, gamma: 0.5, solver: 'cg' })), () => network(3, { ...wide, loss: 'classes' })], // prettier-ignore
  'primal, on a grid': [
    any(gaussNewton({ damping: { rule: 'relative', alpha: 0.1 }, search: grid({ trials: 3 }) })),
    () => network(4, { samples: 12, hidden: 2 }),
  ],
  'Levenberg-Marquardt': [any(levenbergMarquardt()), () => network(5, wide)],
  'geodesic and scaled': [
    any(levenbergMarquardt({ geodesic: true, scaling: true, damping: 'marquardt10' })),
    () => network(6, wide),
  ],
  'primal Levenberg-Marquardt': [
    any(levenbergMarquardt({ damping: 'trust-region', scaling: true })),
    () => network(7, { samples: 12, hidden: 2 }),
  ],
  'damped as K-FAC': [
    any(levenbergMarquardt({ damping: 'kfac', adaptEvery: 2, solver: 'cg' })),
    () => network(8, wide),
  ],
};

const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
};

describe.each(Object.entries(methods))('faults in a step: %s', (_, [method, make]) => {
  /** After one step. */
  const started = () => {
    const oracle = make();
    return { oracle, state: freeze(run(method, oracle, method.init()).state) };
  };
  const undisturbed = (() => {
    const { oracle, state } = started();
    return { ...run(method, oracle, state), w: oracle.parameters() };
  })();
  const asked: string[] = [];
  {
    const { oracle, state } = started();
    run(method, observing(oracle, { asked: ({ name }) => void asked.push(name) }), state);
  }

  /** Of a question that is asked again and again, the first and the last. */
  const places = [...asked.keys()].filter((k) => asked[k] !== asked[k - 1] || asked[k] !== asked[k + 1]);

  it('moves once, at last', () => {
    expect(asked.flatMap((name, k) => (name.startsWith('move') ? [k] : []))).toEqual([asked.length - 1]);
  });

  it('an exception at any question leaves w and the state', () => {
    places.forEach((k) => {
      const name = asked[k]!;
      const { oracle, state } = started();
      const [w, before] = [oracle.parameters(), JSON.stringify(state)];
      let left = k;
      const failing = observing(oracle, {
        asked: () => {
          if (left-- === 0) throw new Error(`injected at ${name}`);
        },
      });
      expect(() => run(method, failing, state)).toThrow(`injected at ${name}`);
      expect(oracle.parameters()).toEqual(w);
      expect(JSON.stringify(state)).toBe(before);
      expect({ ...run(method, oracle, state), w: oracle.parameters() }).toEqual(undisturbed);
    });
  });

  it('an abort at any question before the move leaves w', async () => {
    for (const k of places.slice(0, -1)) {
      const { oracle, state } = started();
      const w = oracle.parameters();
      const abort = new AbortController();
      let left = k;
      const aborting = observing(oracle, { asked: () => void (left-- === 0 && abort.abort()) });
      await expect(runAsync(method, aborting, state, { signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' }); // prettier-ignore
      expect(oracle.parameters()).toEqual(w);
    }
    const { oracle, state } = started();
    expect({ ...(await runAsync(method, oracle, state)), w: oracle.parameters() }).toEqual(undisturbed);
  });

  it.each([NaN, Infinity, -Infinity])('%d from any question never reaches w or the state', (by) => {
    const spoiled = (answer: unknown): unknown => {
      if (typeof answer === 'number') return by;
      if (answer instanceof Float64Array) return answer.map(() => by);
      if (typeof answer !== 'object' || answer === null) return answer;
      return Object.fromEntries(
        Object.entries(answer).map(([key, value]) => [
          key,
          key === 'rows' || key === 'columns' ? value : spoiled(value),
        ]),
      );
    };
    places.slice(0, -1).forEach((k) => {
      const name = asked[k]!;
      if (name === 'dimensions') return;
      const { oracle, state } = started();
      let left = k;
      const spoiling = new Proxy(oracle, {
        get: (target, key) => {
          const member: unknown = Reflect.get(target, key, target);
          if (typeof member !== 'function') return member;
          return (...args: unknown[]): unknown => {
            const answer: unknown = member.apply(target, args);
            return typeof key === 'string' && asked.includes(key) && left-- === 0 ? spoiled(answer) : answer;
          };
        },
      });
      const step = run(method, spoiling, state);
      expect(oracle.parameters().every(Number.isFinite), name).toBe(true);
      checkpoint(method, step.state);
      run(method, oracle, step.state);
      expect(oracle.parameters().every(Number.isFinite), name).toBe(true);
    });
  });

  it('resumes from JSON after every step as if uninterrupted', () => {
    const [one, two] = [started(), started()];
    let [uninterrupted, resumed] = [one.state, two.state];
    for (let k = 0; k < 5; k++) {
      const saved = JSON.stringify(checkpoint(method, resumed));
      const there = run(method, two.oracle, freeze(restore<object>(method, saved)));
      const here = run(method, one.oracle, freeze(uninterrupted));
      expect(there).toEqual(here);
      expect(two.oracle.parameters()).toEqual(one.oracle.parameters());
      [uninterrupted, resumed] = [here.state, there.state];
    }
  });
});
