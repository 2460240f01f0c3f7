import { defaultDevice, init, numpy as np, tree, type Array as JaxArray } from '@jax-js/jax';
import { minimize } from '@overparam/core';
import { ponos } from '@overparam/polyak-nonmonotone';
import { describe, expect, it } from 'vitest';
import { compositeOracle, oracle, type OracleOptions } from './index.ts';

await init('wasm');
defaultDevice('wasm');

type Weights = { a: { w: JaxArray }; b: JaxArray };
const weights = (): Weights => ({ a: { w: np.array([1, 2]) }, b: np.array([3, 4]) });
const loss = ({ a, b }: Weights): JaxArray => np.square(a.w).sum().add(np.square(b).sum());
const make = (options: Partial<OracleOptions<Weights, []>> = {}) => oracle<Weights, []>({ weights: weights(), loss, ...options }); // prettier-ignore

describe('bad options', () => {
  it.each([
    [{ directon: 'adam' }, "Did you mean 'direction'?"],
    [{ loss: 3 }, 'oracle: loss is 3: it takes a function.'],
    [{ batch: [] }, 'oracle: batch is : it takes a function.'],
    [{ weights: 7 }, 'oracle: weights is 7: it takes a tree of arrays.'],
    [{ weights: [] }, 'weights is "without an array"'],
    [{ weights: { a: np.array([1, 2], { dtype: np.int32 }) } }, 'weights.a is "int32": it takes a float32 or float64'],
    [{ weights: { a: [1, 2] } }, 'weights.a.0 is "number"'],
    [{ direction: 'adamm' }, 'direction is "adamm"'],
    [{ modules: { head: 'c' } }, 'modules.head is "c": it takes a path among a.w, b.'],
    [{ modules: { all: ['a', 'b'], head: 'a.w' } }, 'modules.head is "a.w": it takes no array of \'all\''],
    [{ modules: { others: 'a' } }, 'modules is "others"'],
  ])('%o', (options, message) => {
    expect(() => make(options as never)).toThrow(message);
  });

  it('compositeOracle names what is missing', () => {
    expect(() => compositeOracle({ weights: weights(), loss } as never)).toThrow("needs the option 'model'");
    expect(() => compositeOracle({ weights: weights(), loss, model: loss, memory: -1 } as never)).toThrow(
      'compositeOracle: memory is -1',
    );
  });
});

describe('questions', () => {
  it('out of order, of unknown modules, with steps that are not finite', async () => {
    const asked = make({ modules: { head: 'a' } });
    expect(asked.modules()).toEqual(['head', 'others']);
    expect(() => asked.probe(1)).toThrow("'probe' was asked before 'linearize'");
    expect(() => asked.move(NaN)).toThrow("The step of 'move' is NaN");
    expect(() => asked.linearize({ modules: ['tail'] })).toThrow(
      'modules is "tail": it takes names among head, others.',
    );
    await asked.linearize();
    expect(() => asked.direction('sideways' as never)).toThrow("it takes 'gradient', 'preconditioned' or 'momentum'");
    asked.dispose();
  });

  it('outputs that are not N x C, and a u of another shape', () => {
    const flat = compositeOracle<Weights, []>({ weights: weights(), model: ({ a, b }) => a.w.mul(b), loss: (o) => o.sum() }); // prettier-ignore
    expect(() => flat.outputs()).toThrow('The model has outputs of 1 dimensions: they must be N x C.');
    const made = compositeOracle<Weights, []>({
      weights: weights(),
      model: ({ a, b }) => a.w.mul(b).reshape([2, 1]),
      loss: (o) => o.sum(),
    });
    const u = { rows: 1, columns: 2, data: new Float64Array(2) };
    expect(() => made.pullback(u)).toThrow('u is 1 x 2 of 2 numbers: it takes 2 x 1, one row per sample.');
    expect(() => made.direct(new Float64Array(3))).toThrow('d has 3 numbers: it takes 4, one per parameter.');
    expect(() => made.kernel({ samples: [2] })).toThrow('samples is 2: it takes indices from 0 to 1.');
    expect(() => made.kernel({ scaling: { min: 0, max: 1 } })).toThrow('it takes 0 < min <= max');
  });

  it('a loss that throws, or is NaN, leaves the weights as they were', async () => {
    const start = weights();
    const throws = make({ weights: tree.ref(start), loss: () => { throw new Error('no such layer'); } }); // prettier-ignore
    await expect(minimize(ponos(), throws, { steps: 1 })).rejects.toThrow('no such layer');
    throws.dispose();
    expect(tree.leaves<JaxArray>(start).map(({ refCount }) => refCount)).toEqual([1, 1]);
    const nan = make({ loss: (w) => np.sqrt(loss(w).mul(-1)) });
    await minimize(ponos(), nan, { steps: 2 });
    const { a, b } = nan.weights();
    expect([...a.w.dataSync(), ...b.dataSync()]).toEqual([1, 2, 3, 4]);
    nan.dispose();
  });
});
