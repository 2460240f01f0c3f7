import { numpy as np, tree, type Array as JaxArray } from '@jax-js/jax';
import { badOption, type ColumnScaling, type Matrix } from '@overparam/core';
import { free, held, type Leaves, type Tree } from './leaves.ts';
import { split } from './objective.ts';
import { read, type Reading } from './reading.ts';
import { part, rest, type Session, type Step } from './session.ts';
import { jvp, overRows, vjp } from './transforms.ts';

/** The N x C outputs of the model on the batch. It takes over its arguments. */
export type Model = (weights: Tree, batch: Tree) => JaxArray;

/**
 * J, the derivative of the N x C outputs in the trained arrays, N C x P, and what is computed with it. Row n C + k of J is
 * that of output k of sample n; a u is N x C. Rows of J are computed by as many vector-Jacobian products at once as fit
 * into `memory` bytes.
 */
export interface Tangent {
  /** J^T u, by one vector-Jacobian product. */
  pull(step: Step, active: readonly number[], u: JaxArray): JaxArray[];
  /** J v, N x C, by one Jacobian-vector product. */
  push(step: Step, active: readonly number[], v: Leaves): JaxArray;
  /**
   * B J D^-1 J^T B^T for each group of trained arrays, where the rows of B, in R^(N C), are given as R x N x C numbers, and D
   * is 1 when absent.
   */
  grams(
    step: Step,
    active: readonly number[],
    groups: readonly (readonly number[])[],
    rows: Rows,
    inverse?: Leaves,
  ): Reading<Matrix[]>;
  /** The diagonal of J^T J. */
  squaredColumns(step: Step, active: readonly number[], shape: Shape): JaxArray[];
  /** J itself. */
  jacobian(step: Step, active: readonly number[], shape: Shape): Reading<Matrix>;
}

export interface Shape {
  readonly samples: number;
  readonly outputs: number;
}

/** Some rows of a matrix of N C columns. */
export interface Rows extends Shape {
  readonly count: number;
  /** Writes row r into N C zeros. */
  write(r: number, into: Float64Array): void;
}

/** Row n C + k of the identity, for some samples n and all k. */
export function outputRows(
  { samples, outputs }: Shape,
  chosen: readonly number[] = Array.from({ length: samples }, (_, n) => n),
): Rows {
  for (const n of chosen)
    if (!(Number.isInteger(n) && n >= 0 && n < samples))
      throw badOption('samples', n, `indices from 0 to ${samples - 1}`);
  return {
    samples,
    outputs,
    count: chosen.length * outputs,
    write: (r, into) => void (into[chosen[Math.floor(r / outputs)]! * outputs + (r % outputs)] = 1),
  };
}

/** e_n (x) V_n, for some samples n: the product of V_n with the outputs of sample n. */
export function rowsAlong(V: Matrix, chosen: readonly number[] = Array.from({ length: V.rows }, (_, n) => n)): Rows {
  const { rows: samples, columns: outputs } = V;
  outputRows({ samples, outputs }, chosen);
  return {
    samples,
    outputs,
    count: chosen.length,
    write(r, into) {
      const at = chosen[r]! * outputs;
      into.set(V.data.subarray(at, at + outputs), at);
    },
  };
}

/** @param memory how many bytes a block of rows of J may take */
export function tangent(session: Session, model: Model, memory: number): Tangent {
  const { structure, programs, float } = session;
  const key = (name: string, active: readonly number[]): string => `${name} ${active.join()}`;
  const outputsOf = (active: readonly number[]) => split(structure, active, model);
  const where = (active: readonly number[]): readonly [JaxArray[], JaxArray[]] => [
    part(session.kept.w, active),
    rest(session.kept.w, active),
  ];
  const ref = ({ batch }: Step): Tree => tree.ref(batch);

  /** J^T u as a function to be traced. */
  const pulled =
    (active: readonly number[]) =>
    (u: JaxArray, trained: JaxArray[], resting: JaxArray[], batch: Tree): JaxArray[] => {
      const f = (w: JaxArray[]): JaxArray => outputsOf(active)(w, resting, batch);
      const [outputs, pull] = vjp(f, [trained]);
      outputs.dispose();
      const [v] = pull(u);
      pull.dispose();
      return v;
    };
  /** Rows of B J, an array of R x (shape of w) per trained array. */
  const block = (active: readonly number[]) => overRows(pulled(active));

  const height = (active: readonly number[], rows: Rows): number => {
    const P = active.reduce((sum, i) => sum + session.kept.w[i]!.size, 0);
    const bytes = (float === 'float32' ? 4 : 8) * Math.max(P, rows.samples * rows.outputs, 1);
    return Math.min(rows.count, Math.max(1, Math.floor(memory / bytes)));
  };
  const uploaded = (rows: Rows, from: number, to: number): JaxArray => {
    const NC = rows.samples * rows.outputs;
    const numbers = new Float64Array((to - from) * NC);
    for (let r = from; r < to; r++) rows.write(r, numbers.subarray((r - from) * NC, (r - from + 1) * NC));
    return upload(numbers, [to - from, rows.samples, rows.outputs], float);
  };

  return {
    pull: (step, active, u) => programs(key('pull', active), () => pulled(active))(u, ...where(active), ref(step)),
    push: (step, active, v) =>
      programs(key('push', active), () => (tangents: JaxArray[], w: JaxArray[], resting: JaxArray[], batch: Tree) => {
        const f = (trained: JaxArray[]): JaxArray => outputsOf(active)(trained, resting, batch);
        const [outputs, product] = jvp(f, [w], [tangents]);
        outputs.dispose();
        return product;
      })(held(v), ...where(active), ref(step)),

    *grams(step, active, groups, rows, inverse) {
      const R = rows.count;
      const size = height(active, rows);
      const grams = groups.map(() => ({ rows: R, columns: R, data: new Float64Array(R * R) }));
      const members = groups.map((group) => group.map((i) => active.indexOf(i)));
      const flat = (x: JaxArray): JaxArray => x.reshape([x.shape[0]!, -1]);
      const products = (A: JaxArray[], B: JaxArray[], D1: JaxArray[]): JaxArray => {
        const scaled = A.map((x, i) => (D1[i] ? x.mul(D1[i]) : x));
        const product = (i: number): JaxArray => np.matmul(flat(scaled[i]!.ref), np.transpose(flat(B[i]!.ref)));
        return np.stack(members.map((group) => group.map(product).reduce((sum, x) => sum.add(x))));
      };
      const name = `${key('grams', active)} of ${groups.map((group) => group.join()).join(' ')}${inverse ? ' scaled' : ''}`;
      const ofOne = programs(
        `${name}, one block`,
        () => (A: JaxArray, D1: JaxArray[], w: JaxArray[], resting: JaxArray[], batch: Tree) => {
          const rowsOfJ = block(active)(A, w, resting, batch);
          return products(held(rowsOfJ), rowsOfJ, D1);
        },
      );
      const ofTwo = programs(
        `${name}, two blocks`,
        () => (A: JaxArray, B: JaxArray, D1: JaxArray[], w: JaxArray[], resting: JaxArray[], batch: Tree) =>
          products(block(active)(A, held(w), held(resting), tree.ref(batch)), block(active)(B, w, resting, batch), D1),
      );
      for (let i = 0; i < R; i += size)
        for (let j = i; j < R; j += size) {
          const [endI, endJ] = [Math.min(i + size, R), Math.min(j + size, R)];
          const left = uploaded(rows, i, endI);
          const about = [held(inverse ?? []), ...where(active), ref(step)] as const;
          const numbers = yield* read(i === j ? ofOne(left, ...about) : ofTwo(left, uploaded(rows, j, endJ), ...about));
          const [m, n] = [endI - i, endJ - j];
          grams.forEach(({ data }, k) => {
            for (let a = 0; a < m; a++)
              for (let b = i === j ? a : 0; b < n; b++) {
                const x = numbers[(k * m + a) * n + b]!;
                data[(i + a) * R + j + b] = x;
                data[(j + b) * R + i + a] = x;
              }
          });
        }
      return grams;
    },

    squaredColumns(step, active, shape) {
      const rows = outputRows(shape);
      const size = height(active, rows);
      const program = programs(
        key('squaredColumns', active),
        () => (sums: JaxArray[], B: JaxArray, w: JaxArray[], resting: JaxArray[], batch: Tree) =>
          block(active)(B, w, resting, batch).map((x, i) => np.square(x).sum(0).add(sums[i]!)),
      );
      let sums = active.map((i) => np.zerosLike(session.kept.w[i]!.ref));
      for (let r = 0; r < rows.count; r += size)
        sums = program(sums, uploaded(rows, r, Math.min(r + size, rows.count)), ...where(active), ref(step));
      return sums;
    },

    *jacobian(step, active, shape) {
      const rows = outputRows(shape);
      const size = height(active, rows);
      const program = programs(
        key('jacobian', active),
        () => (B: JaxArray, w: JaxArray[], resting: JaxArray[], batch: Tree) =>
          np.concatenate(
            block(active)(B, w, resting, batch).map((x) => x.reshape([x.shape[0]!, -1])),
            1,
          ),
      );
      const P = active.reduce((sum, i) => sum + session.kept.w[i]!.size, 0);
      const data = new Float64Array(rows.count * P);
      for (let r = 0; r < rows.count; r += size) {
        const end = Math.min(r + size, rows.count);
        data.set(yield* read(program(uploaded(rows, r, end), ...where(active), ref(step))), r * P);
      }
      return { rows: rows.count, columns: P, data };
    },
  };
}

/** Numbers as an array. */
export function upload(numbers: Float64Array, shape: number[], float: Session['float']): JaxArray {
  return np.array(float === 'float32' ? Float32Array.from(numbers) : numbers, { shape });
}

/** D^-1 for D = clip(diagonal, min, max); the diagonal is taken over. */
export function inverseScale(session: Session, diagonal: JaxArray[], { min, max }: ColumnScaling): JaxArray[] {
  if (!(min > 0 && min <= max)) {
    free(diagonal);
    throw badOption('scaling', `{ min: ${min}, max: ${max} }`, '0 < min <= max');
  }
  return session.programs(
    `inverse scale ${min} ${max}`,
    () => (x: JaxArray[]) => x.map((xi) => np.reciprocal(np.clip(xi, min, Number.isFinite(max) ? max : undefined))),
  )(diagonal);
}
