import { LeastSquaresOracle, type LeastSquares } from './least-squares.ts';

export interface OfficialOptions {
  readonly c: number;
  readonly c_p: number;
  readonly delta: number;
  readonly xi: number;
  readonly max_eta: number;
  readonly min_eta: number;
  readonly save_backtracks: boolean;
}

export interface OfficialStep {
  readonly value: number;
  readonly initialStep: number;
  readonly backtracks: number;
  readonly step: number;
  readonly C: number;
  readonly Q: number;
  readonly lk: number;
}

/**
 * The official loop of PoNoS as the specification words it, in one function on vectors, without a line of the packages:
 * what {@link ponos} has to reproduce.
 */
export function officialLoop(
  problem: LeastSquares & { readonly batches: readonly (readonly number[])[] },
  { c, c_p, delta, xi, max_eta, min_eta, save_backtracks }: OfficialOptions,
): OfficialStep[] {
  const loss = new LeastSquaresOracle(problem);
  let w: readonly number[] = problem.w0;
  let [Q, C, lk] = [0, 0, 0];
  return problem.batches.map((batch) => {
    loss.batch = batch;
    const f = loss.value(w);
    const g = loss.gradient(w);
    const norm2 = g.reduce((sum, v) => sum + v * v, 0);
    let eta = f / (c_p * norm2 + 1e-8);
    if (save_backtracks) eta = eta * delta ** lk;
    eta = Math.max(Math.min(eta, max_eta), min_eta);
    const initialStep = eta;
    C = (xi * Q * C + f) / (xi * Q + 1);
    Q = xi * Q + 1;
    if (Math.sqrt(norm2) < 1e-8 || f === 0) return { value: f, initialStep, backtracks: 0, step: 0, C, Q, lk };
    const R = Math.max(C, f);
    let e = 0;
    let found = false;
    for (; e < 100; e++) {
      const trial = w.map((v, i) => v + eta * -g[i]!);
      if (loss.value(trial) - (R - eta * c * norm2) <= 0) {
        found = true;
        w = trial;
        break;
      }
      eta = eta * delta;
    }
    if (!found) {
      e = 99;
      eta = 1e-6;
      w = w.map((v, i) => v - 1e-6 * g[i]!);
    }
    lk = Math.max(lk + e - 1, 0);
    return { value: f, initialStep, backtracks: e, step: eta, C, Q, lk };
  });
}
