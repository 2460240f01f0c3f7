import { median, quartiles } from '../../results/quantile.ts';
import type { Findings, StudyTable } from '../study.ts';
import { bestOf, endOf, lossOf } from './best.ts';
import { labelOf, type Compared, type Trained } from './compared.ts';
import { activeFigure, lambdaFigure } from './module-figures.ts';
import { comparisons, type MatSettings } from './settings.ts';
import type { TrainingResult } from './trained.ts';
import { validationFigure } from './validation-figure.ts';

/** @param about the first sentence: what was trained, on what */
export function findings(
  outcomes: readonly Trained[],
  { every, alpha, gradients }: MatSettings,
  about: string,
): Findings {
  const compared = comparisons
    .map((method): Compared => ({ method, outcomes: outcomes.filter(({ piece }) => piece.method === method) }))
    .filter(({ outcomes }) => outcomes.length > 0);
  const chosen = outcomes.find(({ piece, result }) => piece.method === 'mat' && result.selections.length > 0);
  return {
    text: [
      about,
      `MAT trains, of each kind of modules, those whose lambda_max is at least ${alpha} of the largest, and chooses again every ${every} steps; gradients go ${gradients} those that rest.`,
    ],
    tables: [tableOf(compared)],
    figures: [
      validationFigure(compared, 'work'),
      ...(chosen ? [lambdaFigure(chosen)] : []),
      validationFigure(compared, 'seconds'),
      ...(chosen ? [activeFigure(chosen)] : []),
    ],
  };
}

function tableOf(compared: readonly Compared[]): StudyTable {
  const full = new Map(
    compared.find(({ method }) => method === 'full')?.outcomes.map(({ piece, result }) => [piece.seed, result]) ?? [],
  );
  const shares = (outcomes: readonly Trained[], of: (own: TrainingResult, full: TrainingResult) => number): string => {
    const ratios = outcomes.flatMap(({ piece, result }) => {
      const reference = full.get(piece.seed);
      return reference ? [of(result, reference)] : [];
    });
    return ratios.length === 0 ? '' : median(ratios).toFixed(2);
  };
  return {
    title: 'Trainings',
    head: [
      'modules trained',
      'seeds',
      'best validation loss',
      'last',
      'share',
      'FLOPs',
      'seconds',
      'as good',
      'FLOPs till then',
      'seconds till then',
    ],
    rows: compared.map(({ method, outcomes }) => {
      const reached = outcomes.flatMap(({ piece, result }) => {
        const reference = full.get(piece.seed);
        const best = reference && bestOf(reference);
        const there = best && result.measurements.find((one) => lossOf(one) <= lossOf(best));
        return there ? [{ work: there.work / best.work, seconds: there.seconds / best.seconds }] : [];
      });
      const reachedIn = (of: (one: { work: number; seconds: number }) => number): string =>
        reached.length === 0 ? '' : median(reached.map(of)).toFixed(2);
      return [
        labelOf(method),
        String(outcomes.length),
        spread(outcomes.map(({ result }) => lossOf(bestOf(result)))),
        spread(outcomes.map(({ result }) => lossOf(endOf(result)))),
        median(outcomes.map(({ result }) => result.share)).toFixed(2),
        shares(outcomes, (own, reference) => endOf(own).work / endOf(reference).work),
        shares(outcomes, (own, reference) => endOf(own).seconds / endOf(reference).seconds),
        full.size === 0 ? '' : `${reached.length} of ${outcomes.length}`,
        reachedIn(({ work }) => work),
        reachedIn(({ seconds }) => seconds),
      ];
    }),
    note: 'Medians over seeds, of losses with quartiles. Share: of the modules that MAT chooses from, over all steps. FLOPs and seconds, selections included: parts of those of training all modules from the same seed. As good: for how many seeds the validation loss gets as low as the best of training all modules; till then: parts of what that takes to get there, over these seeds.',
  };
}

function spread(values: readonly number[]): string {
  const { low, middle, high } = quartiles(values);
  return values.length === 1 ? middle.toFixed(3) : `${middle.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`;
}
