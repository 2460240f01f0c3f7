import { OverparamError, type Matrix, withDefaults } from '@overparam/core';
import { ldlt, matrix, solveLdlt } from '@overparam/linear-algebra';
import { count, positive } from '@overparam/line-search';
import { checkMeasure, particlesOf, pointsOf, rowsOf, type Measure } from './measure.ts';
import { type MeasureProblem } from './problem.ts';

export interface PolishOptions {
  readonly maxSteps?: number;
  /** Where the largest |eta(x_i) - sign(a_i)| and |grad eta(x_i)| end the polish. */
  readonly tolerance?: number;
}

export interface Polished {
  readonly measure: Measure;
  /** How many Newton steps were taken. */
  readonly steps: number;
  /** max_i of |R'(mu)(x_i) + lambda sign(a_i)| / lambda and |grad R'(mu)(x_i)| / lambda, at the end. */
  readonly residual: number;
}

/**
 * Newton's method on the particles that are there: for R'(mu)(x_i) = -lambda sign(a_i) and grad R'(mu)(x_i) = 0, from the
 * second derivatives of J in all a_i and x_i, with signs kept; a weight that would change its sign goes to 0, and the
 * particle with it. Near a measure of as few particles as the optimum has, a few steps lead to rounding level. Merge and
 * prune first: two particles at one place make the matrix singular.
 *
 * Steps are those of Levenberg and Marquardt where the matrix is not positive definite or J would grow. Second derivatives
 * of phi are central differences of its first. Cost: a factorisation of size m (1 + d), and as many products with phi.
 *
 * @throws OverparamError `NO_POLISH` for a regulariser other than the total variation, or a loss without `curvature`;
 * as {@link checkMeasure}
 */
export function polish(problem: MeasureProblem, measure: Measure, options: PolishOptions = {}): Polished {
  const { maxSteps, tolerance } = withDefaults('polish', { maxSteps: 30, tolerance: 1e-14 }, options);
  count('maxSteps', maxSteps);
  positive('tolerance', tolerance);
  const { domain, regularizer, loss } = problem;
  if (regularizer.kind !== 'total-variation')
    throw new OverparamError('NO_POLISH', `polish takes the total variation, not ${regularizer.name}.`);
  if (!loss.curvature)
    throw new OverparamError('NO_POLISH', `polish needs the curvature of ${loss.name}: give the diagonal of R''.`);
  checkMeasure(measure, { domain, positive: regularizer.positive ?? false, empty: true });

  let at = stationarity(problem, withoutZeros(measure));
  let damping = 0;
  let steps = 0;
  for (; steps < maxSteps && at.residual > tolerance && at.measure.weights.length > 0;) {
    const model = secondOrder(problem, at);
    let next: Stationarity | undefined;
    for (let attempt = 0; attempt < 30; attempt++) {
      const step = model.step(damping);
      if (step) {
        const tried = stationarity(problem, along(problem, at, model, step));
        // Where J cannot tell any more, the equations can.
        const noise = 1e-15 * Math.abs(at.objective);
        const better = tried.objective < at.objective - noise;
        if (better || (tried.objective <= at.objective + noise && tried.residual < at.residual)) {
          next = tried;
          break;
        }
      }
      damping = Math.max(4 * damping, 1e-8);
    }
    if (!next) break;
    steps++;
    damping = damping > 1e-7 ? damping / 16 : 0;
    at = next;
  }
  return { measure: at.measure, steps, residual: at.residual };
}

const withoutZeros = ({ positions, weights }: Measure): Measure => ({
  positions: positions.filter((_, i) => weights[i] !== 0),
  weights: weights.filter((a) => a !== 0),
});

interface Stationarity {
  readonly measure: Measure;
  readonly objective: number;
  readonly residual: number;
  readonly values: Float64Array;
  /** m x d, in the ambient space. */
  readonly gradients: Matrix;
  /** R'(y) and the diagonal of R''(y). */
  readonly r: Float64Array;
  readonly curvature: Float64Array;
}

function stationarity({ features, loss, regularizer, domain }: MeasureProblem, measure: Measure): Stationarity {
  const { lambda } = regularizer;
  const { positions, weights } = particlesOf(measure, domain.dimension);
  const own = features.at(positions);
  const y = own.integrate(weights);
  const r = loss.derivative(y);
  const { values, gradients } = own.pair(r);
  const descent = {
    ...gradients,
    data: gradients.data.map((v, k) => -v * Math.sign(weights[(k / gradients.columns) | 0]!)),
  };
  domain.tangent(positions, descent);
  let residual = 0;
  weights.forEach((a, i) => (residual = Math.max(residual, Math.abs(values[i]! + lambda * Math.sign(a)))));
  descent.data.forEach((v) => (residual = Math.max(residual, Math.abs(v))));
  return {
    measure,
    objective: loss.value(y) + regularizer.mean({ positions, weights }),
    residual: residual / (lambda || 1),
    values,
    gradients,
    r,
    curvature: loss.curvature!(y),
  };
}

interface SecondOrder {
  /** For each particle, the orthonormal directions in which it moves. */
  readonly bases: readonly (readonly (readonly number[])[])[];
  /** -(H + damping |diag H|)^-1 gradient; undefined where the matrix is not positive definite. */
  step(damping: number): Float64Array | undefined;
}

/** The gradient and Hessian of J in (a_1, t_1, a_2, t_2, ...), where t_i are coordinates of x_i in its free directions. */
function secondOrder(problem: MeasureProblem, at: Stationarity): SecondOrder {
  const { features, domain, regularizer } = problem;
  const { positions: points, weights } = at.measure;
  const d = domain.dimension;
  const m = weights.length;
  const positions = rowsOf(points, d);
  const gradientAt = (i: number): number[] => Array.from(at.gradients.data.subarray(i * d, (i + 1) * d));
  const bases = points.map((x, i) =>
    domain.free(
      x,
      gradientAt(i).map((v) => -v * weights[i]!),
    ),
  );
  const offsets = bases.reduce((all, basis) => [...all, all.at(-1)! + 1 + basis.length], [0]);
  const n = offsets[m]!;
  const hessian = matrix(n, n);
  const gradient = new Float64Array(n);
  const own = features.at(positions);

  // B R'' B^T, where the rows of B are phi(x_i) and a_i d phi(x_i).
  const column = (q: number, dy: Float64Array): void => {
    const { values, gradients } = own.pair(dy.map((v, k) => v * at.curvature[k]!));
    for (let i = 0; i < m; i++) {
      hessian.data[offsets[i]! * n + q] = values[i]!;
      bases[i]!.forEach((e, k) => {
        hessian.data[(offsets[i]! + 1 + k) * n + q] = weights[i]! * product(e, gradients.data, i * d);
      });
    }
  };
  // The rest: <R'(y), d phi(x_i)> between a_i and x_i, and a_i <R'(y), d^2 phi(x_i)> in x_i.
  const differences = secondDifferences(problem, at, bases);
  for (let i = 0; i < m; i++) {
    const here = offsets[i]!;
    const unit = new Float64Array(m);
    unit[i] = 1;
    column(here, own.integrate(unit));
    gradient[here] = at.values[i]! + regularizer.lambda * Math.sign(weights[i]!);
    bases[i]!.forEach((e, k) => {
      const v = new Float64Array(m * d);
      e.forEach((entry, j) => (v[i * d + j] = weights[i]! * entry));
      column(here + 1 + k, own.derive({ ...positions, data: v }));
      gradient[here + 1 + k] = weights[i]! * product(e, at.gradients.data, i * d);
    });
  }
  for (let i = 0; i < m; i++) {
    const here = offsets[i]!;
    bases[i]!.forEach((e, k) => {
      const slope = product(e, at.gradients.data, i * d);
      hessian.data[here * n + here + 1 + k]! += slope;
      hessian.data[(here + 1 + k) * n + here]! += slope;
      bases[i]!.forEach((_, l) => {
        hessian.data[(here + 1 + k) * n + here + 1 + l]! += weights[i]! * differences[i]![k]![l]!;
      });
    });
  }
  const largest = hessian.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return {
    bases,
    step(damping) {
      const shifted = matrix(n, n, hessian.data.slice());
      for (let q = 0; q < n; q++) {
        const diagonal = Math.abs(hessian.data[q * (n + 1)]!);
        shifted.data[q * (n + 1)]! += damping * (diagonal + 1e-8 * largest);
      }
      const factors = ldlt(shifted);
      if (factors.inertia.positive < n) return undefined;
      return solveLdlt(
        factors,
        gradient.map((v) => -v),
      );
    },
  };
}

/** <R'(y), d^2 phi(x_i)> in the free directions of x_i, symmetric; with the curvature of the sphere, on a sphere. */
function secondDifferences(
  { features, domain }: MeasureProblem,
  at: Stationarity,
  bases: SecondOrder['bases'],
): number[][][] {
  const d = domain.dimension;
  const h = 1e-5;
  const shifted = at.measure.positions.flatMap((x, i) =>
    bases[i]!.flatMap((e) => [h, -h].map((by) => x.map((v, k) => v + by * e[k]!))),
  );
  const { gradients } = features.at(rowsOf(shifted, d)).pair(at.r);
  let row = 0;
  return at.measure.positions.map((x, i) => {
    const basis = bases[i]!;
    const columns = basis.map(() => {
      const [above, below] = [row * d, (row + 1) * d];
      row += 2;
      return basis.map((e) => (product(e, gradients.data, above) - product(e, gradients.data, below)) / (2 * h));
    });
    const curved = domain.curvature === undefined ? 0 : domain.curvature * product(x, at.gradients.data, i * d);
    return columns.map((column, k) => column.map((v, l) => (v + columns[l]![k]!) / 2 - (k === l ? curved : 0)));
  });
}

function product(e: readonly number[], v: Float64Array, from: number): number {
  let sum = 0;
  for (let k = 0; k < e.length; k++) sum += e[k]! * v[from + k]!;
  return sum;
}

/** The measure after a step; where it takes a weight past 0 it ends there, and the particle is gone. */
function along(
  { domain }: MeasureProblem,
  { measure }: Stationarity,
  { bases }: SecondOrder,
  step: Float64Array,
): Measure {
  const { positions, weights } = measure;
  const x = rowsOf(positions, domain.dimension);
  const v = { ...x, data: new Float64Array(x.data.length) };
  const starts = weights.map((_, i) => bases.slice(0, i).reduce((sum, basis) => sum + 1 + basis.length, 0));
  const changes = weights.map((_, i) => step[starts[i]!]!);
  const reach = weights.reduce(
    (most, a, i) => (a * (a + changes[i]!) < 0 ? Math.min(most, -a / changes[i]!) : most),
    1,
  );
  bases.forEach((basis, i) =>
    basis.forEach((e, k) =>
      e.forEach((entry, j) => (v.data[i * domain.dimension + j]! += step[starts[i]! + 1 + k]! * entry)),
    ),
  );
  domain.exponential(x, v, reach);
  return withoutZeros({
    positions: pointsOf(x),
    weights: weights.map((a, i) => (reach < 1 && -a / changes[i]! === reach ? 0 : a + reach * changes[i]!)),
  });
}
