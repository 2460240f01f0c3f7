import { gaussian, uniform, type Measure, type Random } from '@overparam/wasserstein-flow';

interface TeacherOptions {
  readonly neurons: number;
  readonly inputs: number;
  /** Whether output weights have either sign. */
  readonly signed: boolean;
}

/** f(x) = 1/m0 sum_j s_j relu(<a_j, x>): m0 neurons uniform on the unit sphere, with signs s_j. */
export function teacherOf(random: Random, { neurons, inputs, signed }: TeacherOptions): Measure {
  const positions = Array.from({ length: neurons }, () => {
    const a = Array.from({ length: inputs }, () => gaussian(random));
    const norm = Math.hypot(...a);
    return a.map((v) => v / norm);
  });
  return { positions, weights: positions.map(() => (signed && uniform(random) < 0.5 ? -1 : 1) / neurons) };
}
