import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fromRows } from '@overparam/linear-algebra';
import { describe, expect, it } from 'vitest';
import { refit } from './refit.ts';
import { features, halfMeanSquare, outputsOf, studentTeacher, type MeanFieldNetwork } from './student-teacher.ts';
import { weightedCosineDistance } from './weighted-cosine-distance.ts';

const file = new URL('../../../../../../shared/fixtures/gauss-newton/small_v0zero.json.gz', import.meta.url);

interface Weights {
  readonly W: number[][];
  readonly b: number[];
  readonly v: number[];
}
interface Metrics {
  readonly train_loss: number;
  readonly test_loss: number;
  readonly refit_train_loss: number;
  readonly refit_test_loss: number;
  readonly wcd_init: number;
  readonly wcd_teacher: number;
}
interface Fixture {
  readonly net: {
    teacher: Weights;
    student_init: Weights;
    X: number[][];
    y: number[];
    X_test: number[][];
    y_test: number[];
  };
  readonly gaussNewton: { runs: { id: string; lr: number; final: Metrics; final_weights: Weights }[] };
}

const networkOf = ({ W, b, v }: Weights): MeanFieldNetwork => ({
  U: fromRows(W),
  b: Float64Array.from(b),
  v: Float64Array.from(v),
});

describe('what is measured of student and teacher', () => {
  it.skipIf(!existsSync(file))(
    'is what the official code measures, after its runs (where the recording is there)',
    () => {
      const { net, gaussNewton } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Fixture;
      const [X, testX] = [fromRows(net.X), fromRows(net.X_test)];
      const [y, testY] = [Float64Array.from(net.y), Float64Array.from(net.y_test)];
      const noise = halfMeanSquare(outputsOf(networkOf(net.teacher), X), y);
      expect(noise).toBeLessThan(1e-28);
      for (const { id, final, final_weights } of gaussNewton.runs) {
        const network = networkOf(final_weights);
        if (final.test_loss > 1e3) continue;
        const close = (value: number, to: number, relative: number): void =>
          expect(Math.abs(value - to), `${id}: ${value} is not ${to}`).toBeLessThanOrEqual(relative * to + 1e-13);
        close(halfMeanSquare(outputsOf(network, X), y), final.train_loss, 1e-7);
        close(halfMeanSquare(outputsOf(network, testX), testY), final.test_loss, 1e-9);
        close(weightedCosineDistance(network.U, networkOf(net.teacher).U), final.wcd_teacher, 1e-9);
        close(weightedCosineDistance(network.U, networkOf(net.student_init).U), final.wcd_init, 1e-6);
        const fitted = { ...network, v: refit(features(network, X), y) };
        close(halfMeanSquare(outputsOf(fitted, testX), testY), final.refit_test_loss, 1e-4);
      }
    },
  );

  it('begins with a student that is zero, the same for the same seed', () => {
    const options = { seed: 3, inputs: 4, width: 500, teacherWidth: 5, samples: 20, testSamples: 50, tau0: 0.5 };
    const { student, X, y, teacher } = studentTeacher(options);
    expect(outputsOf(student, X)).toEqual(new Float64Array(20));
    expect(studentTeacher(options).y).toEqual(y);
    expect(studentTeacher({ ...options, seed: 4 }).y).not.toEqual(y);
    expect(outputsOf(teacher, X)).toEqual(y);
    const spread = Math.sqrt(student.U.data.reduce((sum, u) => sum + u * u, 0) / student.U.data.length);
    expect(spread).toBeGreaterThan(0.48);
    expect(spread).toBeLessThan(0.52);
  });

  it('refits to interpolation where there are more units than samples', () => {
    const { student, X, y } = studentTeacher({
      seed: 1,
      inputs: 4,
      width: 60,
      teacherWidth: 5,
      samples: 20,
      testSamples: 1,
      tau0: 1,
    });
    const v = refit(features(student, X), y);
    expect(halfMeanSquare(outputsOf({ ...student, v }, X), y)).toBeLessThan(1e-18);
  });

  it('finds no distance between the teacher and itself, scaled; a quarter turn is sqrt 2', () => {
    const U = fromRows([
      [1, 0],
      [0, 3],
    ]);
    expect(weightedCosineDistance({ ...U, data: U.data.map((u) => 7 * u) }, U)).toBeCloseTo(0, 7);
    expect(weightedCosineDistance(fromRows([[0, 5]]), fromRows([[1, 0]]))).toBeCloseTo(Math.SQRT2, 12);
    expect(weightedCosineDistance(fromRows([[0, 0]]), U)).toBeCloseTo(Math.SQRT2, 12);
  });
});
