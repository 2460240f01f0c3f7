import { OverparamError, type Asking, type CompositeOracle, type Inquiry, type ModularOracle } from '@overparam/core';
import { matrix, type Matrix } from '@overparam/linear-algebra';
import type { Contracted, Shape, View } from './contraction.ts';

/** Questions that tell of the kernels of modules. Which of them an oracle answers decides how spectra are made. */
export type SpectraQuestions = Partial<
  Pick<ModularOracle, 'modules' | 'moduleKernels'> &
    Pick<CompositeOracle, 'dimensions' | 'kernelProduct' | 'lossGradient'>
>;

export interface Wanted extends Contracted {
  /** Which samples of the batch; null for all. */
  readonly samples: readonly number[] | null;
}

/** The kernels of the modules, contracted, all from one question for each view. */
export function* kernelsAtOnce(
  { moduleKernels }: Required<Pick<Asking<SpectraQuestions>, 'moduleKernels'>>,
  {
    modules,
    size,
    samples,
    views,
    scale,
  }: Wanted & { readonly modules: readonly string[]; readonly size: number | null },
): Inquiry<readonly Matrix[]> {
  const request = { modules, ...(samples && { samples }) };
  const kernelsAlong = function* (along?: View): Inquiry<readonly Matrix[]> {
    const kernels = yield* moduleKernels({ ...request, ...(along !== undefined && { along }) });
    const square = ({ rows, columns }: Matrix): boolean => rows === columns && rows === (size ?? kernels[0]!.rows);
    if (kernels.length === modules.length && kernels.every(square)) return kernels;
    const shapes = kernels.map(({ rows, columns }) => `${rows} x ${columns}`).join(', ');
    throw new OverparamError(
      'SHAPE_MISMATCH',
      `'moduleKernels' was answered by ${kernels.length} matrices (${shapes}): it takes one of ${size ?? 'S'} rows and columns for each of the ${modules.length} modules.`,
    );
  };
  if (views.length === 0) return yield* kernelsAlong();
  let total = yield* kernelsAlong(views[0]);
  for (const view of views.slice(1)) total = added(total, yield* kernelsAlong(view));
  return total.map((kernel) => scaled(kernel, scale));
}

/** Theta x for the contracted kernel Theta of one module, by products with J J^T. */
export function* productsWith(
  { kernelProduct, lossGradient }: Asking<SpectraQuestions> & Required<Pick<Asking<SpectraQuestions>, 'kernelProduct'>>,
  { samples, views, scale }: Wanted,
  { samples: N, outputs: C }: Shape,
): Inquiry<(module: string, x: Float64Array) => Inquiry<Float64Array>> {
  const weights = yield* explicit(views, lossGradient);
  const rows = samples ?? Array.from({ length: N }, (_, n) => n);
  return function* (module, x) {
    const product = function* (u: Matrix): Inquiry<Matrix> {
      const y = yield* kernelProduct(u, { modules: [module] });
      if (y.rows === N && y.columns === C) return y;
      throw new OverparamError(
        'SHAPE_MISMATCH',
        `'kernelProduct' was answered by a ${y.rows} x ${y.columns} matrix: it takes ${N} x ${C}, as it was given.`,
      );
    };
    if (views.length === 0) {
      const u = matrix(N, C);
      rows.forEach((n, i) => u.data.set(x.subarray(i * C, (i + 1) * C), n * C));
      const { data } = yield* product(u);
      const y = new Float64Array(x.length);
      rows.forEach((n, i) => y.set(data.subarray(n * C, (n + 1) * C), i * C));
      return y;
    }
    const y = new Float64Array(x.length);
    for (const V of weights) {
      const u = matrix(N, C);
      rows.forEach((n, i) => {
        for (let k = 0; k < C; k++) u.data[n * C + k] = x[i]! * V.data[n * C + k]!;
      });
      const { data } = yield* product(u);
      rows.forEach((n, i) => {
        for (let k = 0; k < C; k++) y[i]! += scale * V.data[n * C + k]! * data[n * C + k]!;
      });
    }
    return y;
  };
}

/** The views as matrices; the loss's is asked for. */
function* explicit(
  views: readonly View[],
  lossGradient: Asking<SpectraQuestions>['lossGradient'],
): Inquiry<readonly Matrix[]> {
  const weights: Matrix[] = [];
  for (const view of views) {
    if (view !== 'loss') weights.push(view);
    else if (lossGradient) weights.push(yield* lossGradient());
    else throw missing("'moduleKernels' or 'lossGradient'", "the contraction 'loss'");
  }
  return weights;
}

export const missing = (questions: string, purpose: string): Error =>
  new OverparamError(
    'MISSING_QUESTION',
    `Spectra ask ${questions} for ${purpose}, which this oracle does not answer. Use a backend that does, or another contraction.`,
  );

const added = (a: readonly Matrix[], b: readonly Matrix[]): Matrix[] =>
  a.map(({ rows, columns, data }, l) =>
    matrix(
      rows,
      columns,
      data.map((x, i) => x + b[l]!.data[i]!),
    ),
  );

const scaled = (a: Matrix, by: number): Matrix =>
  by === 1
    ? a
    : matrix(
        a.rows,
        a.columns,
        a.data.map((x) => by * x),
      );
