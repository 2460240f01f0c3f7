import type { Work } from '@overparam/core';

/** After that many steps. Work and seconds are those of the steps alone. */
export interface Measurement {
  readonly step: number;
  /** The mean over the steps since the last measurement; null before the first, and where it is not finite. */
  readonly trainLoss: number | null;
  readonly validationLoss: number | null;
  /** FLOPs. */
  readonly work: number;
  readonly seconds: number;
}

/** A selection: by module, lambda_max and whether it was trained until the next. */
export interface Chosen {
  readonly step: number;
  readonly lambda: readonly number[];
  readonly active: readonly boolean[];
}

export interface TrainingResult {
  readonly measurements: readonly Measurement[];
  /** Of whom `lambda` and `active` of the selections speak. */
  readonly candidates: readonly string[];
  readonly selections: readonly Chosen[];
  /** The share of the candidates that was trained, over all steps. */
  readonly share: number;
  readonly work: Work;
  readonly parameters: { readonly count: number; readonly sha256: string };
}
