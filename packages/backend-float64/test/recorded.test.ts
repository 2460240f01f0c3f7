import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { composite, denseNetwork, softmaxCrossEntropy, squaredError } from '@overparam/backend-float64';
import { cholesky, fromRows, matrix, multiply, solveCholesky } from '@overparam/linear-algebra';
import { describe, expect, it } from 'vitest';
import { distance } from './derivative.ts';

const file = new URL('../../../../shared/fixtures/gauss-newton/mlp-three-outputs.json.gz', import.meta.url);
const recorded = existsSync(file);

interface Mlp {
  readonly kernels: readonly (readonly number[][])[];
  readonly biases: readonly number[][];
  readonly X: number[][];
  readonly Y: number[][];
  readonly cls: number[];
  readonly f: number[][];
  readonly J: number[][];
  readonly gram: number[][];
  readonly gram_per_layer: readonly number[][][];
  readonly v: number[];
  readonly Jv: number[];
  readonly z: number[];
  readonly JTz: number[];
  readonly mse_loss: number;
  readonly ce_loss: number;
  readonly mse_step: Readonly<Record<string, number[]>>;
}

describe.skipIf(!recorded)('a network of three outputs that was recorded (needs the folder ../shared)', () => {
  const { mlp } = (recorded ? JSON.parse(gunzipSync(readFileSync(file)).toString()) : {}) as { mlp: Mlp };
  const model = (): ReturnType<typeof denseNetwork> =>
    denseNetwork({
      inputs: fromRows(mlp.X),
      layers: [{ units: 6, activation: 'silu' }, { units: 5, activation: 'silu' }, { units: 3 }],
    });
  const start = (): Float64Array =>
    model().pack(
      mlp.kernels.map((kernel, l) => ({ kernel: fromRows(kernel), bias: Float64Array.from(mlp.biases[l]!) })),
    );

  it('has the recorded outputs, derivatives, kernels and losses', () => {
    const oracle = composite({ model: model(), loss: squaredError(fromRows(mlp.Y)), start: start() });
    expect(distance(oracle.outputs().data, mlp.f.flat())).toBeLessThan(1e-13);
    expect(distance(oracle.jacobian().data, mlp.J.flat())).toBeLessThan(1e-13);
    expect(distance(oracle.kernel().data, mlp.gram.flat())).toBeLessThan(1e-13);
    mlp.gram_per_layer.forEach((gram, l) =>
      expect(distance(oracle.kernel({ modules: [`dense${l}`] }).data, gram.flat())).toBeLessThan(1e-13),
    );
    expect(oracle.loss()).toBeCloseTo(mlp.mse_loss, 12);
    const tangent = model().at(start());
    const all = [[0, 83]] as const;
    expect(distance(tangent.push(Float64Array.from(mlp.v), all).data, mlp.Jv)).toBeLessThan(1e-13);
    expect(distance(tangent.pull(matrix(7, 3, mlp.z), all), mlp.JTz)).toBeLessThan(1e-13);
    const softmax = composite({ model: model(), loss: softmaxCrossEntropy(mlp.cls, { classes: 3 }), start: start() });
    expect(softmax.loss()).toBeCloseTo(mlp.ce_loss, 12);
  });

  it.each(['0.0001', '0.01', '1.0'])('takes the recorded step at eps = %s', (eps) => {
    const oracle = composite({ model: model(), loss: squaredError(fromRows(mlp.Y)), start: start() });
    const factor = cholesky(oracle.kernel(), { shift: Number(eps) });
    if (!factor.positiveDefinite) throw new Error('not positive definite');
    oracle.pullback(matrix(7, 3, solveCholesky(factor.lower, oracle.lossGradient().data)));
    oracle.move(-1);
    const step = oracle.parameters().map((x, i) => start()[i]! - x);
    expect(distance(step, mlp.mse_step[eps]!)).toBeLessThan(1e-9);
  });

  it('has a kernel that is J J^T to the bit of its symmetry', () => {
    const J = model()
      .at(start())
      .jacobian([[0, 83]]);
    const K = model()
      .at(start())
      .kernel([[0, 83]]);
    expect(distance(multiply(J, J, { transposeB: true }).data, K.data)).toBeLessThan(1e-13);
    for (let i = 0; i < 21; i++) for (let j = 0; j < i; j++) expect(K.data[i * 21 + j]).toBe(K.data[j * 21 + i]);
  });
});
