import type { Measurement, TrainingResult } from './trained.ts';

/** A validation loss that is not finite is the worst. */
export const lossOf = ({ validationLoss }: Measurement): number => validationLoss ?? Infinity;

/** The measurement with the lowest validation loss. */
export const bestOf = ({ measurements }: TrainingResult): Measurement =>
  measurements.reduce((best, now) => (lossOf(now) < lossOf(best) ? now : best));

export const endOf = ({ measurements }: TrainingResult): Measurement => measurements.at(-1)!;

/** What a sweep compares. */
export const measures = (result: TrainingResult): Readonly<Record<string, number | null>> => ({
  'best validation loss': bestOf(result).validationLoss,
  'last validation loss': endOf(result).validationLoss,
  'share of modules': result.share,
  GFLOPs: endOf(result).work / 1e9,
});
