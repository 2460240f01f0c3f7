import { createContext, runInContext } from 'node:vm';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  connect,
  minimize,
  nested,
  required,
  run,
  runAsync,
  withDefaults,
  type Method,
  type Oracle,
} from '@overparam/core';

interface Options {
  readonly max_eta?: number;
  readonly xi?: number;
}
const defaults: Required<Options> = { max_eta: 10, xi: 1 };
const take = (given: unknown): Required<Options> => withDefaults('m', defaults, given as Options);
const error = (code: string, message: string): unknown => expect.objectContaining({ code, message });

describe('withDefaults', () => {
  it('fills in what is absent or undefined', () => {
    expect(take({ xi: 0 })).toEqual({ max_eta: 10, xi: 0 });
    expect(take({ xi: undefined })).toEqual(defaults);
    expect(take({ xi: null })).toEqual({ max_eta: 10, xi: null });
  });

  it('names an unknown option and the nearest known one', () => {
    const message = "m has no option 'maxEta'. Did you mean 'max_eta'? It takes max_eta, xi.";
    expect(() => take({ maxEta: 1 })).toThrow(error('UNKNOWN_OPTION', message));
    expect(() => take({ maxEta: undefined })).toThrow(error('UNKNOWN_OPTION', message));
  });

  it('suggests nothing where no name is near', () => {
    expect(() => take({ learningRate: 1 })).toThrow(
      error('UNKNOWN_OPTION', "m has no option 'learningRate'. It takes max_eta, xi."),
    );
    expect(() => withDefaults<object>('m', {}, { a: 1 })).toThrow(
      error('UNKNOWN_OPTION', "m has no option 'a'. It takes no options."),
    );
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype'])('does not know %s', (name) => {
    const given: unknown = JSON.parse(`{ "${name}": 1 }`);
    expect(() => take(given)).toThrow(error('UNKNOWN_OPTION', `m has no option '${name}'. It takes max_eta, xi.`));
    expect(() => withDefaults('m', { a: nested<Options>(defaults) }, { a: given as Options })).toThrow(
      error('UNKNOWN_OPTION', `m has no option 'a.${name}'. It takes a.max_eta, a.xi.`),
    );
    expect(Object.hasOwn(take({}), name)).toBe(false);
  });

  class Settings {
    readonly xi = 1;
  }
  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [3, '3'],
    ['xi', '"xi"'],
    ['x'.repeat(1000), `"${'x'.repeat(79)}...`],
    [Symbol('xi'), 'Symbol(xi)'],
    [[], 'an array'],
    [[{ xi: 1 }], 'an array'],
    [function ponos() {}, 'the function ponos'],
    [() => 0, 'the function without a name'],
    [new Map([['xi', 1]]), 'an instance of Map'],
    [new Float32Array(2), 'an instance of Float32Array'],
    [Promise.resolve({}), 'an instance of Promise'],
    [new Settings(), 'an instance of Settings'],
    [Object.create({ xi: 2 }), 'an object with a prototype'],
    [JSON.parse('{}') && { __proto__: { xi: 2 } }, 'an object with a prototype'],
  ])('refuses %s', (given, described) => {
    expect(() => take(given)).toThrow(error('BAD_OPTION', `m takes an object of options, not ${described}.`));
    if (given === undefined) return;
    expect(() => withDefaults('m', { a: nested<Options>(defaults) }, { a: given as Options })).toThrow(
      error('BAD_OPTION', `The option 'a' of m takes an object of options, not ${described}.`),
    );
  });

  it('takes plain objects of another realm, and those without a prototype', () => {
    expect(take(runInContext('({ xi: 3 })', createContext()))).toEqual({ max_eta: 10, xi: 3 });
    expect(take(Object.assign(Object.create(null) as object, { xi: 3 }))).toEqual({ max_eta: 10, xi: 3 });
  });

  it('reads each option once', () => {
    let reads = 0;
    const given = {
      get xi() {
        return reads++;
      },
    };
    expect([take(given).xi, reads]).toEqual([0, 1]);
  });

  it('changes neither the options nor the defaults', () => {
    const given: Options = Object.freeze({ xi: 2 });
    const kept = Object.freeze({ ...defaults });
    expect(withDefaults('m', kept, given)).not.toBe(kept);
    expect([given, kept]).toEqual([{ xi: 2 }, defaults]);
  });

  it('asks for what is required', () => {
    const all = { xi: required, max_eta: 10 };
    expect(withDefaults<Options>('m', all, { xi: 0 })).toEqual({ xi: 0, max_eta: 10 });
    for (const given of [{}, { xi: undefined } as unknown as Options])
      expect(() => withDefaults<Options>('m', all, given)).toThrow(error('BAD_OPTION', "m needs the option 'xi'."));
  });

  describe('of nested options', () => {
    interface Outer {
      readonly damping?: number;
      readonly cg?: Options;
      readonly deep?: { readonly inner?: Options };
    }
    const outer = { damping: 1, cg: nested<Options>(defaults), deep: nested({ inner: nested<Options>(defaults) }) };
    const all = (given: unknown) => withDefaults<Outer, 'cg' | 'deep'>('outer', outer, given as Outer);

    it('fills them in', () => {
      const filled = all({ cg: { xi: 5 } });
      expectTypeOf(filled.cg.xi).toEqualTypeOf<number>();
      expect(filled).toEqual({ damping: 1, cg: { max_eta: 10, xi: 5 }, deep: { inner: defaults } });
      expect(Reflect.ownKeys(filled.cg)).toEqual(['max_eta', 'xi']);
      expect(all({ cg: undefined, deep: { inner: undefined } })).toEqual(all({}));
      expect(all({ deep: { inner: { max_eta: 0 } } }).deep.inner).toEqual({ max_eta: 0, xi: 1 });
    });

    it('names unknown ones by their path', () => {
      expect(() => all({ cg: { Xi: 1 } })).toThrow(
        error('UNKNOWN_OPTION', "outer has no option 'cg.Xi'. Did you mean 'cg.xi'? It takes cg.max_eta, cg.xi."),
      );
      expect(() => all({ deep: { inner: { foo: 1 } } })).toThrow(
        error('UNKNOWN_OPTION', "outer has no option 'deep.inner.foo'. It takes deep.inner.max_eta, deep.inner.xi."),
      );
      expect(() => all({ cg: null })).toThrow(
        error('BAD_OPTION', "The option 'cg' of outer takes an object of options, not null."),
      );
    });
  });
});

describe('the functions of this package', () => {
  const method: Method<null, null, Oracle> = {
    name: 'idle',
    needs: ['linearize'],
    init: () => null,
    *step(state, oracle) {
      yield* oracle.linearize();
      return { state, report: null };
    },
  };
  const oracle: Oracle = {
    linearize: () => ({ value: 0, slope: 0, squaredGradientNorm: 0 }),
    probe: () => 0,
    move: () => undefined,
  };
  it('refuse unknown options', async () => {
    const signals = { signals: undefined } as never;
    expect(() => run(method, oracle, null, signals)).toThrow("run has no option 'signals'. Did you mean 'signal'?");
    await expect(runAsync(method, oracle, null, signals)).rejects.toThrow("runAsync has no option 'signals'.");
    await expect(minimize(method, oracle, { steps: 1, onstep: null } as never)).rejects.toThrow(
      "Did you mean 'onStep'?",
    );
    await expect(minimize(method, oracle, {} as never)).rejects.toThrow("minimize needs the option 'steps'.");
    const { port1 } = new MessageChannel();
    await expect(connect(port1, { timeOut: 1 } as never)).rejects.toThrow("Did you mean 'timeout'?");
    port1.close();
  });
});
