import { composite, denseNetwork, squaredError } from '@overparam/backend-float64';
import { matrix, type Matrix } from '@overparam/linear-algebra';
import {
  features,
  halfMeanSquare,
  outputsOf,
  outputsWith,
  refit,
  studentTeacher,
  weightedCosineDistance,
  type MeanFieldNetwork,
} from 'overparam/student-teacher';
import type { Look, StudentOracle, StudentSettings } from './questions.ts';

/** Inputs of the plane, so that hidden units can be seen. */
const inputs = 2;
const teacherWidth = 5;
const testSamples = 2000;

/** The synthetic experiment of arXiv 2302.02904, in the plane and in float64. */
export function make({ width, samples, tau0, seed }: StudentSettings): StudentOracle {
  const problem = studentTeacher({ seed, inputs, width, teacherWidth, samples, testSamples, tau0 });
  const { teacher, student, X, y, testX, testY } = problem;
  const network = denseNetwork({
    inputs: X,
    layers: [
      { units: width, activation: 'silu' },
      { units: 1, scale: 1 / width, bias: false },
    ],
  });
  const start = network.pack([
    { kernel: transposed(student.U), bias: student.b },
    { kernel: matrix(width, 1, student.v) },
  ]);
  const oracle = composite({ model: network, loss: squaredError(y), start });
  const now = (): MeanFieldNetwork => {
    const [hidden, output] = network.unpack(oracle.parameters());
    return { U: transposed(hidden!.kernel), b: hidden!.bias!, v: output!.kernel.data };
  };
  return Object.assign(oracle, {
    teacher: () => withThird(teacher.U, teacher.b),
    look(): Look {
      const net = now();
      const fitted = refit(features(net, X), y);
      const [test, refitTest] = outputsWith(net, [net.v, fitted], testX);
      return {
        trainLoss: halfMeanSquare(outputsOf(net, X), y),
        testLoss: halfMeanSquare(test!, testY),
        refitTestLoss: halfMeanSquare(refitTest!, testY),
        distance: weightedCosineDistance(net.U, teacher.U),
        units: withThird(net.U, net.v),
      };
    },
  });
}

/** Rows of two columns and a third one. */
const withThird = (U: Matrix, third: Float64Array): Float64Array =>
  Float64Array.from({ length: 3 * U.rows }, (_, i) =>
    i % 3 === 2 ? third[Math.floor(i / 3)]! : U.data[2 * Math.floor(i / 3) + (i % 3)]!,
  );

function transposed({ rows, columns, data }: Matrix): Matrix {
  const out = matrix(columns, rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out.data[j * rows + i] = data[i * columns + j]!;
  return out;
}
