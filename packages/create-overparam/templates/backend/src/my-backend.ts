import { badOption, OverparamError, type Housekeeping, type Linearization, type Oracle } from '@overparam/core';

type Rows = readonly (readonly number[])[];

/** A linear model and its data. */
export interface LinearModel {
  /** X, N x D: one row per sample. */
  readonly inputs: Rows;
  /** Y, N x C */
  readonly targets: Rows;
  /** W at the start, D x C. */
  readonly weights: Rows;
}

/** Answers at once, so that `run` and `runAsync` both serve. */
export interface MyBackendOracle extends Oracle, Housekeeping {
  linearize(): Linearization;
  probe(step: number): number;
  move(step: number): void;
  abandon(): void;
  finish(): void;
  /** A copy of W as it is now. */
  weights(): number[][];
}

/**
 * The oracle of f(W) = 1 / (2 N) |X W - Y|^2, in float64, with d = -g for g = X^T (X W - Y) / N.
 *
 * W, g and d stay here: only scalars cross.
 *
 * @throws OverparamError `BAD_OPTION` for shapes that do not fit, or a step that is not finite
 */
export function myBackend({ inputs: X, targets: Y, weights }: LinearModel): MyBackendOracle {
  const [N, D, C] = [X.length, weights.length, weights[0]?.length ?? 0];
  check('weights', weights, D, C);
  check('inputs', X, N, D);
  check('targets', Y, N, C);

  let W = weights.map((row) => [...row]);
  /** Of the last `linearize`; undefined before the first, and after a step. */
  let d: Rows | undefined;
  /** W before a move that may still be abandoned. */
  let before: number[][] | undefined;

  const residuals = (W: Rows): number[][] =>
    X.map((x, n) => Y[n]!.map((y, k) => x.reduce((sum, xi, i) => sum + xi * W[i]![k]!, -y)));
  const value = (W: Rows): number => squaredNorm(residuals(W)) / (2 * N);
  const along = (step: number): number[][] => {
    if (!Number.isFinite(step)) throw badOption('step', step, 'a finite number');
    if (!d) throw new OverparamError('NOT_LINEARIZED', "There is no direction yet: ask 'linearize' first.");
    const direction = d;
    return W.map((row, i) => row.map((w, k) => w + step * direction[i]![k]!));
  };

  return {
    name: 'my-backend',
    linearize() {
      const R = residuals(W);
      d = W.map((row, i) => row.map((_, k) => -R.reduce((sum, r, n) => sum + X[n]![i]! * r[k]!, 0) / N));
      const squaredGradientNorm = squaredNorm(d);
      return { value: squaredNorm(R) / (2 * N), slope: -squaredGradientNorm, squaredGradientNorm };
    },
    probe: (step) => value(along(step)),
    move(step) {
      const next = along(step);
      before ??= W;
      W = next;
    },
    abandon() {
      W = before ?? W;
      before = d = undefined;
    },
    finish() {
      before = d = undefined;
    },
    weights: () => W.map((row) => [...row]),
  };
}

const squaredNorm = (rows: Rows): number => rows.flat().reduce((sum, x) => sum + x * x, 0);

function check(name: string, rows: Rows, m: number, n: number): void {
  const fits =
    m > 0 && n > 0 && rows.length === m && rows.every((row) => row.length === n && row.every(Number.isFinite));
  if (!fits)
    throw badOption(name, `${rows.length} x ${rows[0]?.length ?? 0}`, `${m} x ${n} finite numbers, and at least one`);
}
