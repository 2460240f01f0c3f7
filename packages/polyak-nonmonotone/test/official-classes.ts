import { LeastSquaresOracle, type LeastSquares } from './least-squares.ts';

export interface ClassOptions {
  readonly c: number;
  readonly beta_b: number;
  readonly gamma: number;
  readonly n_batches_per_epoch: number;
  readonly init_step_size: number;
  readonly eta_max: number;
  readonly c_p: number;
  readonly xi: number;
  /** Polyak's step, or a rule of the step before. */
  readonly start: 'polyak' | 0 | 1 | 2 | 3 | 4 | 11;
  readonly line_search_fn: 'armijo' | 'zhangNM_armijo' | 'NM_armijo' | 'trueNM';
  readonly NM_window: number;
  readonly sls_every: number;
  /** True for the class of the first SLS paper, false for those of PoNoS. */
  readonly original: boolean;
}

export interface ClassStep {
  readonly value: number;
  readonly initialStep: number;
  readonly step: number;
  readonly backtracks: number;
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);

/**
 * The official classes Sls (of SLS, and of PoNoS) and SlsPolyak as the specification words them, in one loop on vectors
 * without a line of the packages: what the presets have to reproduce.
 */
export function officialClasses(
  problem: LeastSquares & { readonly batches: readonly (readonly number[])[] },
  options: ClassOptions,
): ClassStep[] {
  const { c, beta_b, gamma, n_batches_per_epoch, init_step_size, eta_max, c_p, xi, start, line_search_fn } = options;
  const data = new LeastSquaresOracle(problem);
  const growth = gamma ** (1 / n_batches_per_epoch);
  let w: readonly number[] = problem.w0;
  let eta = start === 'polyak' ? 0 : init_step_size;
  let [Q, C] = [0, 0];
  let before: { n2: number; s: number } | null = null;
  const batchLosses: number[] = [];
  const sampleLosses = new Map<number, number[]>();

  return problem.batches.map((batch, k) => {
    data.batch = batch;
    const f = data.value(w);
    const g = data.gradient(w);
    const n2 = g.reduce((sum, v) => sum + v * v, 0);
    const shares = batch.map((i) => (dot(problem.X[i]!, w) - problem.y[i]!) ** 2 / batch.length);
    const searches = k % options.sls_every === 0;

    const previous = eta || init_step_size;
    const starts: Record<string, () => number> = {
      polyak: () => Math.max(Math.min(f / (c_p * n2 + 1e-8), eta_max), 1e-6),
      0: () => previous,
      1: () => previous * growth,
      2: () => init_step_size,
      3: () => (before && before.n2 ? (previous * before.n2) / n2 : init_step_size),
      4: () => (before && before.s ? Math.min((1.01 * before.s) / (c_p * before.n2), eta_max) : init_step_size),
      11: () => Math.min(previous * growth, eta_max),
    };
    let step = searches ? starts[start]!() : eta;
    if (searches && start !== 'polyak' && !options.original) step = Math.max(step, 1e-8);
    const initialStep = step;

    C = (xi * Q * C + f) / (xi * Q + 1);
    Q = xi * Q + 1;
    let R = f;
    if (line_search_fn === 'zhangNM_armijo') R = Math.max(C, f);
    if (line_search_fn === 'NM_armijo') R = Math.max(f, ...batchLosses.slice(-options.NM_window));
    if (line_search_fn === 'trueNM' && k > Math.trunc(n_batches_per_epoch)) {
      const histories = batch.map((i) => sampleLosses.get(i) ?? []);
      for (let i = 0; i < histories[0]!.length; i++) {
        let sum = 0;
        // Every sample has a history after an epoch; before, the official code would fail.
        for (const history of histories) sum += history[Math.min(i, history.length - 1)] ?? 0;
        R = Math.max(R, sum);
      }
    }

    let e = 0;
    let trialLoss = f;
    if (!searches) w = w.map((v, i) => v + step * -g[i]!);
    else if (Math.sqrt(n2) >= 1e-8 && (f !== 0 || options.original || line_search_fn !== 'armijo')) {
      let found = false;
      const from = w;
      for (e = 0; e < 100; e++) {
        w = from.map((v, i) => v + step * -g[i]!);
        trialLoss = data.value(w);
        found = trialLoss - (R - step * c * n2) <= 0;
        if (found) break;
        step = step * beta_b;
      }
      if (!found) {
        e = 99;
        w = from.map((v, i) => v - 1e-6 * g[i]!);
      }
      eta = found || options.original ? step : 1e-6;
      step = found ? step : 1e-6;
    } else {
      eta = options.original ? step : 0;
      step = 0;
    }

    before = { n2, s: Math.max(f - trialLoss, 0) / Math.max(n2, 1e-8) };
    batchLosses.push(f);
    batch.forEach((i, j) => {
      sampleLosses.set(i, [...(sampleLosses.get(i) ?? []), shares[j]!].slice(-options.NM_window));
    });
    return { value: f, initialStep, step, backtracks: e };
  });
}
