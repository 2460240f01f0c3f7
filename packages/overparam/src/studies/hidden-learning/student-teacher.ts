import { matrix, multiply, type Matrix } from '@overparam/linear-algebra';
import { normal, random } from '../../training/random.ts';

/** f(x) = 1/M sum_i v_i s(u_i . x + b_i), with s = SiLU: a mean-field network of M hidden units and d inputs. */
export interface MeanFieldNetwork {
  /** U, M x d */
  readonly U: Matrix;
  readonly b: Float64Array;
  readonly v: Float64Array;
}

export interface StudentTeacher {
  readonly teacher: MeanFieldNetwork;
  /** As it begins: v = 0, so f = 0. */
  readonly student: MeanFieldNetwork;
  readonly X: Matrix;
  readonly y: Float64Array;
  readonly testX: Matrix;
  readonly testY: Float64Array;
}

export interface StudentTeacherOptions {
  readonly seed: number;
  /** d */
  readonly inputs: number;
  /** M */
  readonly width: number;
  /** Hidden units of the teacher. */
  readonly teacherWidth: number;
  /** N */
  readonly samples: number;
  readonly testSamples: number;
  /** The standard deviation of the student's hidden weights and biases at the start. */
  readonly tau0: number;
}

/**
 * Student and teacher of arXiv 2302.02904: inputs from N(0, I), a teacher of the student's form with all weights and
 * biases from N(0, 1), no noise in the targets; the student's hidden layer from N(0, tau0^2), its output layer zero.
 */
export function studentTeacher(options: StudentTeacherOptions): StudentTeacher {
  const { seed, inputs, width, teacherWidth, samples, testSamples, tau0 } = options;
  const next = normal(random(seed));
  const draw = (count: number, deviation = 1): Float64Array =>
    Float64Array.from({ length: count }, () => deviation * next());
  const X = matrix(samples, inputs, draw(samples * inputs));
  const testX = matrix(testSamples, inputs, draw(testSamples * inputs));
  const teacher = {
    U: matrix(teacherWidth, inputs, draw(teacherWidth * inputs)),
    b: draw(teacherWidth),
    v: draw(teacherWidth),
  };
  const student = {
    U: matrix(width, inputs, draw(width * inputs, tau0)),
    b: draw(width, tau0),
    v: new Float64Array(width),
  };
  return { teacher, student, X, testX, y: outputsOf(teacher, X), testY: outputsOf(teacher, testX) };
}

/** Phi = s(X U^T + b) / M, N x M: what the output layer sees. */
export function features({ U, b }: Pick<MeanFieldNetwork, 'U' | 'b'>, X: Matrix): Matrix {
  const phi = multiply(X, U, { transposeB: true });
  const M = U.rows;
  for (let i = 0, at = 0; i < X.rows; i++)
    for (let k = 0; k < M; k++, at++) {
      const z = phi.data[at]! + b[k]!;
      phi.data[at] = z / (1 + Math.exp(-z)) / M;
    }
  return phi;
}

export const outputsOf = (network: MeanFieldNetwork, X: Matrix): Float64Array =>
  outputsWith(network, [network.v], X)[0]!;

/** The outputs with each of several output layers, in one pass over the features, which are not kept. */
export function outputsWith(
  { U, b }: Pick<MeanFieldNetwork, 'U' | 'b'>,
  layers: readonly Float64Array[],
  X: Matrix,
): readonly Float64Array[] {
  const [M, d] = [U.rows, U.columns];
  const outputs = layers.map(() => new Float64Array(X.rows));
  const s = new Float64Array(M);
  for (let i = 0; i < X.rows; i++) {
    for (let k = 0; k < M; k++) {
      let z = b[k]!;
      for (let j = 0; j < d; j++) z += X.data[i * d + j]! * U.data[k * d + j]!;
      s[k] = z / (1 + Math.exp(-z)) / M;
    }
    layers.forEach((v, layer) => {
      let sum = 0;
      for (let k = 0; k < M; k++) sum += s[k]! * v[k]!;
      outputs[layer]![i] = sum;
    });
  }
  return outputs;
}

/** 1/(2N) sum (f - y)^2 */
export function halfMeanSquare(f: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < f.length; i++) sum += (f[i]! - y[i]!) ** 2;
  return sum / (2 * f.length);
}
