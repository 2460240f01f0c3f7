/** A problem of J. J. More, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software" (1981). */
interface Classic {
  readonly residuals: (x: Float64Array) => number[];
  readonly starts: readonly (readonly number[])[];
  /** The sums of squares at the minima. */
  readonly minima: readonly number[];
}

const count = <T>(n: number, f: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => f(i + 1));
const { atan, cos, exp, PI, sin, sqrt } = Math;
const barY = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.1, 4.39];

export const classics: Readonly<Record<string, Classic>> & { readonly rosenbrock: Classic } = {
  rosenbrock: {
    residuals: ([x, y]) => [10 * (y! - x! ** 2), 1 - x!],
    starts: [[-1.2, 1], [-12, 10], [-120, 100]], // prettier-ignore
    minima: [0],
  },
  'Freudenstein and Roth': {
    residuals: ([x, y]) => [-13 + x! + ((5 - y!) * y! - 2) * y!, -29 + x! + ((y! + 1) * y! - 14) * y!],
    starts: [[0.5, -2], [5, -20]], // prettier-ignore
    minima: [0, 48.98425367924],
  },
  'Brown, badly scaled': { residuals: ([x, y]) => [x! - 1e6, y! - 2e-6, x! * y! - 2], starts: [[1, 1]], minima: [0] },
  beale: {
    residuals: ([x, y]) => [1.5, 2.25, 2.625].map((value, i) => value - x! * (1 - y! ** (i + 1))),
    starts: [[1, 1]],
    minima: [0],
  },
  'Jennrich and Sampson': {
    residuals: ([x, y]) => count(10, (i) => 2 + 2 * i - (exp(i * x!) + exp(i * y!))),
    starts: [[0.3, 0.4]],
    minima: [124.36218235561],
  },
  'helical valley': {
    residuals: ([x, y, z]) => {
      const theta = x === 0 ? (y! >= 0 ? 0.25 : -0.25) : atan(y! / x!) / (2 * PI) + (x! < 0 ? 0.5 : 0);
      return [10 * (z! - 10 * theta), 10 * (sqrt(x! ** 2 + y! ** 2) - 1), z!];
    },
    starts: [[-1, 0, 0], [-10, 0, 0]], // prettier-ignore
    minima: [0],
  },
  bard: {
    residuals: ([a, b, c]) =>
      barY.map((value, k) => {
        const [u, v] = [k + 1, 15 - k];
        return value - (a! + u / (v * b! + Math.min(u, v) * c!));
      }),
    starts: [[1, 1, 1]],
    minima: [8.2148773065789e-3],
  },
  'Box, three-dimensional': {
    residuals: ([a, b, c]) =>
      count(10, (i) => exp(-0.1 * i * a!) - exp(-0.1 * i * b!) - c! * (exp(-0.1 * i) - exp(-i))),
    starts: [[0, 10, 20]],
    minima: [0],
  },
  'Powell, singular': {
    residuals: ([a, b, c, d]) => [a! + 10 * b!, sqrt(5) * (c! - d!), (b! - 2 * c!) ** 2, sqrt(10) * (a! - d!) ** 2],
    starts: [[3, -1, 0, 1], [30, -10, 0, 10]], // prettier-ignore
    minima: [0],
  },
  'Brown and Dennis': {
    residuals: ([a, b, c, d]) =>
      count(20, (i) => {
        const s = i / 5;
        return (a! + s * b! - exp(s)) ** 2 + (c! + d! * sin(s) - cos(s)) ** 2;
      }),
    starts: [[25, 5, -5, -1]],
    minima: [85822.20162635628],
  },
};
