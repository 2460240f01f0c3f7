import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, type Matrix, type Step } from '@overparam/core';
import { composite, denseNetwork, softmaxCrossEntropy } from '@overparam/backend-float64';
import { compositeOracle } from '@overparam/backend-tfjs';
import { matrix } from '@overparam/linear-algebra';
import { mat, spectraOf, type Contraction, type MatReport } from '@overparam/mntk-mat';
import { ponos, type StepReport } from '@overparam/polyak-nonmonotone';
import { uniform } from './networks.ts';

const [N, d, C] = [16, 5, 3];
const widths = [8, 7, C];
const names = ['first', 'second', 'top'];
const draw = uniform(4);
const normal = (rows: number, columns: number): Matrix =>
  matrix(rows, columns, Float64Array.from({ length: rows * columns }, draw).map(Math.fround));
const X = normal(N, d);
const labels = Array.from({ length: N }, (_, n) => n % C);
const layers = widths.map((units, l) => ({ kernel: normal(l === 0 ? d : widths[l - 1]!, units), bias: normal(1, units).data })); // prettier-ignore

function onTfjs() {
  const x = tf.tensor2d(Float32Array.from(X.data), [N, d]);
  const y = tf.oneHot(tf.tensor1d(labels, 'int32'), C).toFloat();
  const variables = layers.map(({ kernel, bias }) => ({
    kernel: tf.variable(tf.tensor2d(Float32Array.from(kernel.data), [kernel.rows, kernel.columns])),
    bias: tf.variable(tf.tensor1d(Float32Array.from(bias))),
  }));
  const oracle = compositeOracle({
    outputs: () =>
      variables.reduce((a: tf.Tensor2D, { kernel, bias }, l) => {
        const z = tf.add(tf.matMul(a, kernel as unknown as tf.Tensor2D), bias) as tf.Tensor2D;
        return l < 2 ? tf.tanh(z) : z;
      }, x),
    loss: (f) => tf.losses.softmaxCrossEntropy(y, f as tf.Tensor),
    variables: variables.flatMap(({ kernel, bias }) => [kernel, bias]),
    modules: Object.fromEntries(names.map((name, l) => [name, Object.values(variables[l]!)])),
    direction: 'adam',
  });
  const values = (l: number): number[] => Object.values(variables[l]!).flatMap((one) => Array.from(one.dataSync()));
  return { oracle, values };
}

const inFloat64 = () => {
  const model = denseNetwork({
    inputs: X,
    layers: widths.map((units, l) => ({ units, name: names[l]!, activation: l < 2 ? 'tanh' : 'linear' })),
  });
  return composite({ model, loss: softmaxCrossEntropy(labels, { classes: C }), start: model.pack(layers) });
};

describe('on tfjs', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it.each<Contraction>(['full', 'loss', 'trace'])(
    'spectra are those of float64 to 1e-4, contraction %s',
    async (contraction) => {
      const [found, exact] = [
        await spectraOf(onTfjs().oracle, { contraction }),
        await spectraOf(inFloat64(), { contraction }),
      ];
      found.modules.forEach((spectrum, l) => {
        const expected = exact.modules[l]!;
        expect(spectrum.module).toBe(expected.module);
        for (const figure of ['lambda_max', 'trace', 'effective_rank'] as const)
          expect(Math.abs(spectrum[figure]! - expected[figure]!)).toBeLessThanOrEqual(1e-4 * expected[figure]!);
      });
    },
  );

  it('MAT o PoNoS along Adam computes the gradients of active modules alone, and leaks nothing', async () => {
    const { oracle, values } = onTfjs();
    const method = mat(ponos(), { every: 4, alpha: 0.6 });
    let state = method.init();
    const masks = new Set<string>();
    let tensors = 0;
    for (let k = 0; k < 24; k++) {
      const before = names.map((_, l) => values(l));
      let step!: Step<typeof state, MatReport<StepReport>>;
      const { kernels } = await tf.profile(() => {
        step = run(method, oracle, state);
        return [];
      });
      state = step.state;
      const { trained, selection, questions } = step.report;
      const active = trained ?? names;
      masks.add(active.join());
      names.forEach((name, l) => {
        if (!active.includes(name)) expect(values(l), `${name} at step ${k}`).toEqual(before[l]);
      });
      if (selection) tensors = tf.memory().numTensors;
      else {
        expect(tf.memory().numTensors).toBe(tensors);
        // Three products forward; backward, one for the weights of each active layer, and one to reach below each above.
        const forwards = 1 + questions.inner['probe']!;
        const lowest = names.indexOf(active[0]!);
        expect(kernels.filter(({ name }) => name === 'BatchMatMul')).toHaveLength(
          3 * forwards + active.length + (2 - lowest),
        );
      }
    }
    expect(masks.size).toBeGreaterThan(1);
  });
});
