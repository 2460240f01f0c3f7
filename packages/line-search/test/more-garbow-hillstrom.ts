/** A sum of squares, its usual start, and the values of its minima. */
export interface Problem {
  readonly name: string;
  readonly start: readonly number[];
  readonly minima: readonly number[];
  readonly residuals: (x: readonly number[]) => number[];
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
const repeat = (pattern: readonly number[], times: number): number[] =>
  Array.from({ length: times }, () => pattern).flat();
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const bardY = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.1, 4.39];
const gaussianY = [0.0009, 0.0044, 0.0175, 0.054, 0.1295, 0.242, 0.3521, 0.3989];
const kowalikY = [0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246];
const kowalikU = [4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625];
const osborneY = [
  0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.85, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603, 0.58,
  0.558, 0.538, 0.522, 0.506, 0.49, 0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.42, 0.414, 0.411, 0.406,
];

/** Moré, Garbow and Hillstrom, Testing Unconstrained Optimization Software (1981), numbered as there. */
export const problems: readonly Problem[] = [
  {
    name: '1 Rosenbrock',
    start: [-1.2, 1],
    minima: [0],
    residuals: ([x, y]) => [10 * (y! - x! ** 2), 1 - x!],
  },
  {
    name: '2 Freudenstein and Roth',
    start: [0.5, -2],
    minima: [0, 48.98425367924],
    residuals: ([x, y]) => [-13 + x! + ((5 - y!) * y! - 2) * y!, -29 + x! + ((y! + 1) * y! - 14) * y!],
  },
  {
    name: '4 Brown badly scaled',
    start: [1, 1],
    minima: [0],
    residuals: ([x, y]) => [x! - 1e6, y! - 2e-6, x! * y! - 2],
  },
  {
    name: '5 Beale',
    start: [1, 1],
    minima: [0],
    residuals: ([x, y]) => [1.5, 2.25, 2.625].map((z, i) => z - x! * (1 - y! ** (i + 1))),
  },
  {
    name: '6 Jennrich and Sampson',
    start: [0.3, 0.4],
    minima: [124.3621823556],
    residuals: ([x, y]) => range(10).map((i) => 2 + 2 * i - (Math.exp(i * x!) + Math.exp(i * y!))),
  },
  {
    name: '7 helical valley',
    start: [-1, 0, 0],
    minima: [0],
    residuals: ([x, y, z]) => {
      const theta = Math.atan(y! / x!) / (2 * Math.PI) + (x! < 0 ? 0.5 : 0);
      return [10 * (z! - 10 * theta), 10 * (Math.hypot(x!, y!) - 1), z!];
    },
  },
  {
    name: '8 Bard',
    start: [1, 1, 1],
    minima: [8.214877306579e-3],
    residuals: ([x, y, z]) => bardY.map((b, i) => b - (x! + (i + 1) / ((15 - i) * y! + Math.min(i + 1, 15 - i) * z!))),
  },
  {
    name: '9 Gaussian',
    start: [0.4, 1, 0],
    minima: [1.127932769619e-8],
    residuals: ([x, y, z]) =>
      range(15).map((i) => x! * Math.exp((-y! * ((8 - i) / 2 - z!) ** 2) / 2) - gaussianY[Math.min(i, 16 - i) - 1]!),
  },
  {
    name: '12 Box',
    start: [0, 10, 20],
    minima: [0],
    residuals: ([x, y, z]) =>
      range(10).map((i) => {
        const t = i / 10;
        return Math.exp(-t * x!) - Math.exp(-t * y!) - z! * (Math.exp(-t) - Math.exp(-10 * t));
      }),
  },
  {
    name: '13 Powell singular',
    start: [3, -1, 0, 1],
    minima: [0],
    residuals: ([a, b, c, d]) => [
      a! + 10 * b!,
      Math.sqrt(5) * (c! - d!),
      (b! - 2 * c!) ** 2,
      Math.sqrt(10) * (a! - d!) ** 2,
    ],
  },
  {
    name: '14 Wood',
    start: [-3, -1, -3, -1],
    minima: [0],
    residuals: ([a, b, c, d]) => [
      10 * (b! - a! ** 2),
      1 - a!,
      Math.sqrt(90) * (d! - c! ** 2),
      1 - c!,
      Math.sqrt(10) * (b! + d! - 2),
      (b! - d!) / Math.sqrt(10),
    ],
  },
  {
    name: '15 Kowalik and Osborne',
    start: [0.25, 0.39, 0.415, 0.39],
    minima: [3.075056038492e-4],
    residuals: ([a, b, c, d]) => kowalikU.map((u, i) => kowalikY[i]! - (a! * (u * u + u * b!)) / (u * u + u * c! + d!)),
  },
  {
    name: '16 Brown and Dennis',
    start: [25, 5, -5, -1],
    minima: [85822.20162635],
    residuals: ([a, b, c, d]) =>
      range(20).map((i) => {
        const t = i / 5;
        return (a! + t * b! - Math.exp(t)) ** 2 + (c! + d! * Math.sin(t) - Math.cos(t)) ** 2;
      }),
  },
  {
    name: '17 Osborne 1',
    start: [0.5, 1.5, -1, 0.01, 0.02],
    minima: [5.464894697483e-5],
    residuals: ([a, b, c, d, e]) =>
      osborneY.map((y, i) => y - (a! + b! * Math.exp(-10 * i * d!) + c! * Math.exp(-10 * i * e!))),
  },
  {
    name: '18 Biggs EXP6',
    start: [1, 2, 1, 1, 1, 1],
    minima: [0, 5.655649925e-3],
    residuals: ([a, b, c, d, e, f]) =>
      range(13).map((i) => {
        const t = i / 10;
        const y = Math.exp(-t) - 5 * Math.exp(-10 * t) + 3 * Math.exp(-4 * t);
        return c! * Math.exp(-t * a!) - d! * Math.exp(-t * b!) + f! * Math.exp(-t * e!) - y;
      }),
  },
  {
    name: '20 Watson',
    start: [0, 0, 0, 0, 0, 0],
    minima: [2.287670053552e-3],
    residuals: (x) => [
      ...range(29).map((i) => {
        const t = i / 29;
        const inner = sum(x.map((xj, j) => xj * t ** j));
        return sum(x.slice(1).map((xj, j) => (j + 1) * xj * t ** j)) - inner ** 2 - 1;
      }),
      x[0]!,
      x[1]! - x[0]! ** 2 - 1,
    ],
  },
  {
    name: '21 extended Rosenbrock',
    start: repeat([-1.2, 1], 10),
    minima: [0],
    residuals: (x) => x.map((_, i) => (i % 2 ? 1 - x[i - 1]! : 10 * (x[i + 1]! - x[i]! ** 2))),
  },
  {
    name: '23 penalty I',
    start: [1, 2, 3, 4],
    minima: [2.2499775e-5],
    residuals: (x) => [...x.map((v) => Math.sqrt(1e-5) * (v - 1)), sum(x.map((v) => v * v)) - 0.25],
  },
  {
    name: '24 penalty II',
    start: [0.5, 0.5, 0.5, 0.5],
    minima: [9.376293071e-6],
    residuals: (x) => {
      const n = x.length;
      const scale = Math.sqrt(1e-5);
      return [
        x[0]! - 0.2,
        ...range(n - 1).map(
          (i) => scale * (Math.exp(x[i]! / 10) + Math.exp(x[i - 1]! / 10) - Math.exp((i + 1) / 10) - Math.exp(i / 10)),
        ),
        ...range(n - 1).map((i) => scale * (Math.exp(x[i]! / 10) - Math.exp(-1 / 10))),
        sum(x.map((v, j) => (n - j) * v * v)) - 1,
      ];
    },
  },
  {
    name: '25 variably dimensioned',
    start: range(8).map((j) => 1 - j / 8),
    minima: [0],
    residuals: (x) => {
      const s = sum(x.map((v, j) => (j + 1) * (v - 1)));
      return [...x.map((v) => v - 1), s, s ** 2];
    },
  },
  {
    name: '26 trigonometric',
    start: repeat([1 / 10], 10),
    minima: [0, 2.795056121e-5],
    residuals: (x) => {
      const n = x.length;
      const cosines = sum(x.map(Math.cos));
      return x.map((v, i) => n - cosines + (i + 1) * (1 - Math.cos(v)) - Math.sin(v));
    },
  },
  {
    name: '27 Brown almost linear',
    start: repeat([0.5], 6),
    minima: [0, 1],
    residuals: (x) => {
      const s = sum(x);
      return [...x.slice(0, -1).map((v) => v + s - (x.length + 1)), x.reduce((a, b) => a * b) - 1];
    },
  },
  {
    name: '28 discrete boundary value',
    start: range(8).map((i) => (i / 9) * (i / 9 - 1)),
    minima: [0],
    residuals: (x) =>
      x.map((v, i) => 2 * v - (x[i - 1] ?? 0) - (x[i + 1] ?? 0) + (v + (i + 1) / 9 + 1) ** 3 / (2 * 81)),
  },
  {
    name: '30 Broyden tridiagonal',
    start: repeat([-1], 10),
    minima: [0],
    residuals: (x) => x.map((v, i) => (3 - 2 * v) * v - (x[i - 1] ?? 0) - 2 * (x[i + 1] ?? 0) + 1),
  },
  {
    name: '32 linear, full rank',
    start: repeat([1], 5),
    minima: [5],
    residuals: (x) => range(10).map((i) => (x[i - 1] ?? 0) - (2 / 10) * sum(x) - 1),
  },
  {
    name: '35 Chebyquad',
    start: range(8).map((j) => j / 9),
    minima: [3.516873725e-3],
    residuals: (x) =>
      range(x.length).map((i) => {
        const mean = sum(x.map((v) => chebyshev(i, 2 * v - 1))) / x.length;
        return mean + (i % 2 ? 0 : 1 / (i ** 2 - 1));
      }),
  },
];

function chebyshev(degree: number, x: number): number {
  let [before, now] = [1, x];
  for (let i = 1; i < degree; i++) [before, now] = [now, 2 * x * now - before];
  return now;
}

export const value = ({ residuals }: Problem, x: readonly number[]): number => sum(residuals(x).map((r) => r * r));

/** The gradient by central differences of the residuals: the error is of the size of 1e-10. */
export function gradient({ residuals }: Problem, x: readonly number[]): number[] {
  const r = residuals(x);
  return x.map((v, j) => {
    const h = 1e-6 * Math.max(Math.abs(v), 1e-3);
    const [up, down] = [v + h, v - h].map((moved) => residuals(x.with(j, moved)));
    return 2 * sum(r.map((ri, i) => (ri * (up![i]! - down![i]!)) / (2 * h)));
  });
}
