import {
  barzilaiBorwein,
  grippo,
  search,
  strongWolfe,
  type Found,
  type Search,
  type SlopeTrial,
} from '@overparam/line-search';

type Vector = readonly number[];
export interface Smooth {
  readonly value: (x: Vector) => number;
  readonly gradient: (x: Vector) => number[];
}
export interface Minimised {
  readonly x: Vector;
  readonly value: number;
  readonly gradientNorm: number;
  readonly iterations: number;
  readonly evaluations: number;
}

const dot = (a: Vector, b: Vector): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const along = (x: Vector, t: number, d: Vector): number[] => x.map((v, i) => v + t * d[i]!);
const minus = (g: Vector): number[] => g.map((v) => -v);

const ray =
  ({ value, gradient }: Smooth, x: Vector, d: Vector) =>
  (step: number): SlopeTrial => {
    const at = along(x, step, d);
    return { value: value(at), slope: dot(gradient(at), d) };
  };

interface Rules {
  readonly start: Vector;
  readonly tolerance: number;
  readonly maxIterations: number;
}

/** BFGS with the inverse Hessian and a strong Wolfe search. */
export function bfgs(f: Smooth, { start, tolerance, maxIterations }: Rules): Minimised {
  const searching = strongWolfe({ epsilon: 1e-15 });
  let [x, g, evaluations] = [start, f.gradient(start), 0];
  const identity = x.map((_, i) => x.map((_, j) => (i === j ? 1 : 0)));
  let H: number[][] = identity;
  let iterations = 0;
  for (; iterations < maxIterations && Math.sqrt(dot(g, g)) > tolerance; iterations++) {
    let d = minus(H.map((row) => dot(row, g)));
    if (!(dot(d, g) < 0)) [H, d] = [identity, minus(g)];
    const initial = H === identity ? Math.min(1, 1 / Math.sqrt(dot(g, g))) : 1;
    const found = search(ray(f, x, d), searching, { initial, value: f.value(x), slope: dot(d, g) });
    evaluations += found.forwards;
    if (!(found.step > 0)) {
      if (H === identity) break;
      H = identity;
      continue;
    }
    const next = along(x, found.step, d);
    const nextG = f.gradient(next);
    const [s, y] = [along(next, -1, x), along(nextG, -1, g)];
    const sy = dot(s, y);
    if (sy > 0) {
      if (H === identity) H = identity.map((row) => row.map((v) => (v * sy) / dot(y, y)));
      const Hy = H.map((row) => dot(row, y));
      const scale = (1 + dot(y, Hy) / sy) / sy;
      H = H.map((row, i) => row.map((v, j) => v + scale * s[i]! * s[j]! - (Hy[i]! * s[j]! + s[i]! * Hy[j]!) / sy));
    }
    [x, g] = [next, nextG];
  }
  return { x, value: f.value(x), gradientNorm: Math.sqrt(dot(g, g)), iterations, evaluations };
}

/** Polak and Ribière's conjugate gradients, which need a tight search. */
export function conjugateGradients(f: Smooth, { start, tolerance, maxIterations }: Rules): Minimised {
  const searching = strongWolfe({ c2: 0.1, epsilon: 1e-15 });
  let [x, g, evaluations] = [start, f.gradient(start), 0];
  let d = minus(g);
  let initial = 1 / Math.sqrt(dot(g, g));
  let iterations = 0;
  for (; iterations < maxIterations && Math.sqrt(dot(g, g)) > tolerance; iterations++) {
    if (!(dot(d, g) < 0)) d = minus(g);
    const slope = dot(d, g);
    const found = search(ray(f, x, d), searching, { initial, value: f.value(x), slope });
    evaluations += found.forwards;
    if (!(found.step > 0)) break;
    x = along(x, found.step, d);
    const nextG = f.gradient(x);
    const beta = Math.max(dot(nextG, along(nextG, -1, g)) / dot(g, g), 0);
    d = along(minus(nextG), beta, d);
    initial = (found.step * slope) / dot(d, nextG);
    if (!(initial > 0)) initial = found.step;
    g = nextG;
  }
  return { x, value: f.value(x), gradientNorm: Math.sqrt(dot(g, g)), iterations, evaluations };
}

/** Gradient descent from Barzilai and Borwein's steps, with a nonmonotone search: Raydan (1997). */
export function globalBarzilaiBorwein(
  f: Smooth,
  searching: Search<number>,
  { start, tolerance, maxIterations }: Rules,
): Minimised {
  const reference = grippo({ window: 10 });
  let [x, g, evaluations] = [start, f.gradient(start), 0];
  let history = reference.init();
  let initial = 1 / Math.sqrt(dot(g, g));
  let iterations = 0;
  for (; iterations < maxIterations && Math.sqrt(dot(g, g)) > tolerance; iterations++) {
    const d = minus(g);
    const [R, next] = reference.next(history, { value: f.value(x) });
    const phi = (step: number): number => f.value(along(x, step, d));
    const found = search(phi, searching, { initial, value: f.value(x), slope: dot(d, g), reference: R });
    evaluations += found.forwards;
    if (!found.accepted) break;
    x = along(x, found.step, d);
    const nextG = f.gradient(x);
    const y = along(nextG, -1, g);
    const { long } = barzilaiBorwein({
      step: found.step,
      slope: dot(d, g),
      slopeAfter: dot(d, nextG),
      squaredDirectionNorm: dot(d, d),
      squaredGradientChange: dot(y, y),
    });
    initial = Math.min(Math.max(long, 1e-10), 1e5);
    [g, history] = [nextG, next];
  }
  return { x, value: f.value(x), gradientNorm: Math.sqrt(dot(g, g)), iterations, evaluations };
}

/** Plain gradient descent, each search starting from twice the step before. */
export function gradientDescent(
  f: Smooth,
  searching: Search<number>,
  { start, tolerance, maxIterations }: Rules,
): Minimised {
  let [x, g, evaluations, initial] = [start, f.gradient(start), 0, 1];
  let iterations = 0;
  for (; iterations < maxIterations && Math.sqrt(dot(g, g)) > tolerance; iterations++) {
    const d = minus(g);
    const phi = (step: number): number => f.value(along(x, step, d));
    const found: Found<number> = search(phi, searching, { initial, value: f.value(x), slope: dot(d, g) });
    evaluations += found.forwards;
    if (!found.accepted) break;
    x = along(x, found.step, d);
    g = f.gradient(x);
    initial = 2 * found.step;
  }
  return { x, value: f.value(x), gradientNorm: Math.sqrt(dot(g, g)), iterations, evaluations };
}
