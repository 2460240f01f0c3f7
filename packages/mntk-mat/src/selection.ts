import type { GroupOf } from './groups.ts';
import { movement, remembered, type LambdaHistory, type Movement } from './movement.ts';
import type { ScoreFunction } from './score.ts';
import type { Spectrum } from './spectrum.ts';
import type { ThresholdFunction } from './threshold.ts';

/** Why a module is trained until the next selection, or is not. */
export type Why =
  /** Its score reaches the threshold. */
  | 'above'
  /** Its score does not. */
  | 'below'
  /** Its kernel is zero: it has no influence on the outputs. */
  | 'no-influence'
  /** Its lambda_max had ceased to move. */
  | 'retired'
  /** It was retired, and its lambda_max has risen since. */
  | 'returned'
  /** It has rested for as long as it may. */
  | 'rested'
  /** Too few others are trained. */
  | 'minimum';

export interface Decision {
  readonly module: string;
  readonly group: string;
  readonly score: number;
  /** delta(t) of the temporal rule; null while it is not defined. */
  readonly movement: number | null;
  readonly active: boolean;
  readonly why: Why;
}

/** What is remembered of a module from selection to selection; plain data. */
export interface ModuleHistory extends LambdaHistory {
  readonly module: string;
  readonly active: boolean;
  /** Selections in a row with a movement below beta, while it was trained. */
  readonly still: number;
  /** lambda_max when it retired; null while it has not. */
  readonly retired: number | null;
  /** Selections in a row that left it out. */
  readonly rested: number;
}

export interface Rules {
  readonly groupOf: GroupOf;
  readonly score: ScoreFunction;
  readonly threshold: ThresholdFunction;
  readonly hysteresis: number;
  readonly movement: Movement;
  readonly beta: number;
  readonly patience: number;
  readonly revival: number;
  readonly minActive: number;
  readonly longestRest: number;
  /** The spatial rule is off: every module passes it, one without influence too. */
  readonly everything: boolean;
}

export interface Selected {
  readonly decisions: readonly Decision[];
  /** lambda_alpha of each group in which a module has influence. */
  readonly thresholds: Readonly<Record<string, number>>;
  readonly history: readonly ModuleHistory[];
}

/**
 * Which modules are worth training, from their spectra: the rules of MAT, arXiv 2405.07527, made precise in the README.
 *
 * @param before the history of the last selection; empty at the first
 */
export function select(
  spectra: readonly Spectrum[],
  before: readonly ModuleHistory[],
  selection: number,
  rules: Rules,
): Selected {
  const history = spectra.map(({ module }) => before.find((one) => one.module === module));
  const scores = spectra.map((spectrum, l) =>
    rules.score({ spectrum, first: history[l]?.first ?? spectrum.lambda_max, selection }),
  );
  const groups = spectra.map(({ module }) => rules.groupOf(module));
  const thresholds: Record<string, number> = {};
  const largest: Record<string, number> = {};
  for (const group of new Set(groups)) {
    const members = spectra.flatMap(({ lambda_max }, l) => (groups[l] === group && lambda_max > 0 ? [l] : []));
    if (members.length === 0) continue;
    const among = members.map((l) => scores[l]!);
    thresholds[group] = rules.threshold(
      among,
      members.map((l) => spectra[l]!),
    );
    largest[group] = Math.max(...among);
  }

  const judged = spectra.map((spectrum, l) =>
    judge({ spectrum, score: scores[l]!, threshold: thresholds[groups[l]!] ?? Infinity, before: history[l] }, rules),
  );
  const missing = rules.minActive - judged.filter(({ active }) => active).length;
  if (missing > 0) {
    // Groups have scales of their own: the score relative to the largest of its group.
    const merit = (l: number): number =>
      spectra[l]!.lambda_max === 0 ? -Infinity : scores[l]! / Math.abs(largest[groups[l]!]! || 1);
    const resting = judged.flatMap(({ active }, l) => (active ? [] : [l]));
    resting.sort((a, b) => (merit(a) === merit(b) ? a - b : merit(b) - merit(a)));
    for (const l of resting.slice(0, missing)) judged[l] = { ...judged[l]!, active: true, why: 'minimum' };
  }

  return {
    thresholds,
    decisions: judged.map(({ active, why, delta }, l) => ({
      module: spectra[l]!.module,
      group: groups[l]!,
      score: scores[l]!,
      movement: delta,
      active,
      why,
    })),
    history: judged.map(({ active, still, retired }, l) => {
      const { module, lambda_max } = spectra[l]!;
      const rested = active ? 0 : (history[l]?.rested ?? 0) + 1;
      return { module, active, still, retired, rested, ...remembered(history[l], lambda_max) };
    }),
  };
}

interface Judged {
  readonly active: boolean;
  readonly why: Why;
  readonly delta: number | null;
  readonly still: number;
  readonly retired: number | null;
}

function judge(
  {
    spectrum: { lambda_max: lambda },
    score,
    threshold,
    before,
  }: {
    readonly spectrum: Spectrum;
    readonly score: number;
    readonly threshold: number;
    readonly before: ModuleHistory | undefined;
  },
  { hysteresis, movement: how, beta, patience, revival, longestRest, everything }: Rules,
): Judged {
  const delta = before ? movement(how, before, lambda) : null;
  const trained = before?.active ?? true;
  const still = !trained ? before!.still : delta !== null && delta < beta ? (before?.still ?? 0) + 1 : 0;
  const was = before?.retired ?? null;
  const judged = { delta, still, retired: was };
  if (lambda === 0 && !everything) return { ...judged, active: false, why: 'no-influence' };

  const returns = was !== null && lambda > (1 + revival) * was && score >= (1 + revival) * threshold;
  if (returns) return { ...judged, still: 0, retired: null, active: true, why: 'returned' };
  const retired = was ?? (trained && still >= patience ? lambda : null);
  const above = everything || score >= (trained ? threshold : (1 + hysteresis) * threshold);
  if (retired === null && above) return { ...judged, active: true, why: 'above' };
  if (before && before.rested >= longestRest) return { ...judged, retired, active: true, why: 'rested' };
  return { ...judged, retired, active: false, why: retired === null ? 'below' : 'retired' };
}
