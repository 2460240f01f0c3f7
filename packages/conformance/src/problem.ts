import fc from 'fast-check';

/** A matrix as its rows. */
export type Rows = readonly (readonly number[])[];

/**
 * A small problem as plain data, for a backend to build in its own tensors: least squares over a network of L layers,
 *
 *     A_0 = inputs;  A_k = tanh(A_{k-1} W_k) for k < L;  outputs = A_{L-1} W_L
 *     f = 1 / (2 N) sum over the N samples of |outputs_n - targets_n|^2
 *
 * With one layer the model is linear, and f a convex quadratic.
 */
export interface Problem {
  /** N x D */
  readonly inputs: Rows;
  /** N x C */
  readonly targets: Rows;
  /** W_1, ..., W_L at the start. */
  readonly weights: readonly Rows[];
  /** A name for each layer: the modules. */
  readonly modules: readonly string[];
  /**
   * True for a problem with randomness: the backend multiplies each entry of the inputs by 0 or 2, drawn again for each
   * linearization by a generator of its own that starts from the same seed each time.
   */
  readonly noise: boolean;
}

/** Numbers that are exact in float32, and that shrink to 0. */
const number = (least = -2): fc.Arbitrary<number> => fc.integer({ min: least * 4, max: 8 }).map((n) => n / 4);

const rows = (m: number, n: number): fc.Arbitrary<Rows> =>
  fc.array(fc.array(number(), { minLength: n, maxLength: n }), { minLength: m, maxLength: m });

const nameOf = (layer: number): string => `layer${layer + 1}`;

export interface ProblemOptions {
  readonly layers?: number;
  readonly noise?: boolean;
}

/** Random problems with the given number of layers. */
export function problems({ layers = 1, noise = false }: ProblemOptions = {}): fc.Arbitrary<Problem> {
  const width = fc.integer({ min: 1, max: 3 });
  return fc
    .record({
      N: width,
      C: fc.integer({ min: 1, max: 2 }),
      D: fc.integer({ min: 1, max: 4 }),
      hidden: fc.array(width, { minLength: layers - 1, maxLength: layers - 1 }),
    })
    .chain(({ N, C, D, hidden }) => {
      const widths = [D, ...hidden, C];
      return fc.record({
        inputs: rows(N, D),
        targets: rows(N, C),
        weights: fc.tuple(...widths.slice(1).map((wide, k) => rows(widths[k]!, wide))),
        modules: fc.constant(widths.slice(1).map((_, k) => nameOf(k))),
        noise: fc.constant(noise),
      });
    });
}

/** Problems where the gradient at the start is not 0 in any layer, so that no answer is right by being 0. */
export const slopingProblems = (options: ProblemOptions = {}): fc.Arbitrary<Problem> =>
  problems(options).filter(({ inputs, targets, weights }) =>
    [...inputs, ...targets, ...weights.flat()].every((row) => row.every((x) => x !== 0)),
  );

/**
 * Linear problems with targets that some weights meet exactly, so that f has the minimum 0, and well conditioned: the
 * inputs are a diagonal of 1 to 2, and no more than an eighth beside it.
 */
export const solvableProblems: fc.Arbitrary<Problem> = fc
  .record({ N: fc.integer({ min: 1, max: 3 }), more: fc.integer({ min: 0, max: 2 }) })
  .chain(({ N, more }) => {
    const D = N + more;
    const entry = fc.integer({ min: -1, max: 1 }).map((n) => n / 8);
    return fc
      .record({
        diagonal: fc.array(fc.integer({ min: 4, max: 8 }), { minLength: N, maxLength: N }),
        beside: fc.array(fc.array(entry, { minLength: D, maxLength: D }), { minLength: N, maxLength: N }),
        start: rows(D, 1),
        solution: rows(D, 1),
      })
      .map(({ diagonal, beside, start, solution }) => {
        const inputs = beside.map((row, n) => row.map((x, j) => (j === n ? diagonal[n]! / 4 : x)));
        const targets = inputs.map((row) => [row.reduce((sum, x, j) => sum + x * solution[j]![0]!, 0)]);
        return { inputs, targets, weights: [start], modules: [nameOf(0)], noise: false };
      });
  });

/** A problem with far more parameters, D of them and more, than samples and outputs. */
export function wideProblem(layers: number, D = 60): Problem {
  const wave = (m: number, n: number): Rows =>
    Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => ((3 * i + 5 * j) % 7) / 8 - 0.25));
  const widths = [D, ...Array<number>(layers - 1).fill(2), 1];
  return {
    inputs: wave(2, D),
    targets: [[1], [-1]],
    weights: widths.slice(1).map((wide, k) => wave(widths[k]!, wide)),
    modules: widths.slice(1).map((_, k) => nameOf(k)),
    noise: false,
  };
}
