import * as Plot from '@observablehq/plot';
import { nistStrd, type NistProblem } from '@overparam/datasets/nist-strd';
import { leastSquares } from '@overparam/gauss-newton';
import { colorOf, linearAxis } from '../../figures/index.ts';
import { significant } from '../../results/format.ts';
import { someOf } from '../option-values.ts';
import type { Findings, Outcome, Piece, Study, StudyFigure } from '../study.ts';

const derivatives = ['analytic', 'differences'] as const;
type Derivatives = (typeof derivatives)[number];

interface NistSettings {
  readonly derivatives: readonly Derivatives[];
}

interface Fitting extends Piece {
  readonly problem: string;
}

/** One fit from one start. */
interface Fit {
  readonly start: 1 | 2;
  readonly derivatives: Derivatives;
  readonly stopped: string;
  readonly evaluations: number;
  readonly jacobians: number;
  /** Right digits, at most 16: the least of all parameters, and of the residual sum of squares. */
  readonly parameterDigits: number;
  readonly sumDigits: number;
  readonly sumOfSquares: number;
}

/** NIST's problems of nonlinear regression, with certified solutions, by @overparam/gauss-newton's leastSquares. */
export const nist: Study<NistSettings, Fitting, readonly Fit[]> = {
  name: 'nist',
  title: 'NIST StRD, nonlinear regression',
  source: 'NIST Statistical Reference Datasets, www.itl.nist.gov/div898/strd: 27 problems, two starts each',
  data: 'included: the 27 data sets of @overparam/datasets',
  takes: 'a few seconds',
  options: [{ flags: '--derivatives <list>', about: derivatives.join(', '), default: derivatives.join() }],
  settings: (given) => ({ derivatives: someOf('derivatives', given['derivatives'], derivatives) }),
  pieces: () => nistStrd.map(({ name }) => ({ label: name, problem: name })),
  async work({ problem: name }, settings, { progress }) {
    const problem = nistStrd.find((one) => one.name === name)!;
    const fits = settings.derivatives.flatMap((kind) => ([1, 2] as const).map((start) => fit(problem, start, kind)));
    return (await progress({ done: 1, text: '' })) ? fits : undefined;
  },
  findings,
};

function fit(
  { starts, residuals, jacobian, certified, residualSumOfSquares }: NistProblem,
  start: 1 | 2,
  kind: Derivatives,
): Fit {
  const found = leastSquares(residuals, starts[start - 1]!, {
    ...(kind === 'analytic' && { jacobian }),
    // As many digits as float64 gives.
    gradientTolerance: null,
    stepTolerance: 1e-14,
    costTolerance: 1e-20,
  });
  return {
    start,
    derivatives: kind,
    stopped: found.stopped,
    evaluations: found.evaluations + found.differenceEvaluations,
    jacobians: found.jacobianEvaluations,
    parameterDigits: Math.min(...certified.map((value, i) => digits(found.parameters[i]!, value))),
    sumDigits: digits(2 * found.cost, residualSumOfSquares),
    sumOfSquares: 2 * found.cost,
  };
}

/** -log10 of the relative error, at most 16. */
const digits = (value: number, certified: number): number =>
  Math.max(0, Math.min(16, -Math.log10(Math.abs(value / certified - 1))));

function findings(outcomes: readonly Outcome<Fitting, readonly Fit[]>[]): Findings {
  const fits = outcomes.flatMap(({ piece, result }) => result.map((one) => ({ problem: piece.problem, ...one })));
  const kinds = derivatives.filter((kind) => fits.some((one) => one.derivatives === kind));
  const least = (kind: Derivatives): number =>
    Math.min(...fits.filter((one) => one.derivatives === kind).map(({ parameterDigits }) => parameterDigits));
  const text = kinds.map((kind) => {
    const own = fits.filter((one) => one.derivatives === kind);
    const enough = own.filter(({ parameterDigits }) => parameterDigits >= (kind === 'analytic' ? 8 : 6)).length;
    return `${kind === 'analytic' ? 'Analytic derivatives' : 'Finite differences'}: at least ${least(kind).toFixed(1)} digits of every parameter; ${enough} of ${own.length} fits have ${kind === 'analytic' ? 8 : 6} or more.`;
  });
  return {
    text,
    tables: [
      {
        title: 'Right digits of the parameters, and evaluations of the residuals',
        head: [
          'problem',
          ...kinds.flatMap((kind) => [1, 2].map((start) => `${kind}, start ${start}`)),
          'sum of squares',
        ],
        rows: outcomes.map(({ piece, result }) => [
          piece.problem,
          ...kinds.flatMap((kind) =>
            ([1, 2] as const).map((start) => {
              const one = result.find((fitted) => fitted.derivatives === kind && fitted.start === start)!;
              return `${one.parameterDigits.toFixed(1)} (${one.evaluations})`;
            }),
          ),
          significant(result[0]!.sumOfSquares),
        ]),
        note: 'Digits are -log10 of the relative error, the least of all parameters; certified values have 11. Lanczos1 has residuals of 1e-13 of numbers near 1, so float64 can know its sum of squares to two or three digits only.',
      },
    ],
    figures: [
      figure(
        'digits',
        'Right digits of the parameters',
        'right digits',
        fits,
        kinds,
        ({ parameterDigits }) => parameterDigits,
      ),
      figure(
        'evaluations',
        'Evaluations of the residuals',
        'evaluations',
        fits,
        kinds,
        ({ evaluations }) => evaluations,
      ),
    ],
  };
}

function figure(
  name: string,
  title: string,
  label: string,
  fits: readonly (Fit & { readonly problem: string })[],
  kinds: readonly Derivatives[],
  of: (fit: Fit) => number,
): StudyFigure {
  return {
    name,
    title,
    legend: kinds.map((kind) => (kind === 'analytic' ? 'analytic derivatives' : 'finite differences')),
    note: 'Filled: the first start, farther off. Open: the second.',
    plots: {
      height: 560,
      marginLeft: 92,
      x: { ...linearAxis('x', label), zero: true },
      y: { domain: [...new Set(fits.map(({ problem }) => problem))], label: null },
      marks: kinds.flatMap((kind, i) => {
        const own = fits.filter((one) => one.derivatives === kind);
        const mark = { x: of, y: 'problem', stroke: colorOf(i), r: 3.5 } as const;
        return [
          Plot.dot(own.filter(({ start }) => start === 1), { ...mark, fill: colorOf(i) }), // prettier-ignore
          Plot.dot(own.filter(({ start }) => start === 2), mark), // prettier-ignore
        ];
      }),
    },
    numbers: [
      ['problem', 'start', 'derivatives', label],
      ...fits.map((one) => [one.problem, one.start, one.derivatives, of(one)]),
    ],
  };
}
