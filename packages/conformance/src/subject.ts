import type {
  AcceleratedOracle,
  Answer,
  AveragingOracle,
  DirectionalOracle,
  DisplacementOracle,
  Housekeeping,
  JacobianOracle,
  ModularOracle,
  Oracle,
  OutputsAlongOracle,
  SampleLossOracle,
  SizesOracle,
  TrialGradientOracle,
} from '@overparam/core';
import type { Problem } from './problem.ts';
import type { Numbers } from './precision.ts';

/** An oracle that may answer any question of the core. */
export type AnyOracle = Oracle &
  Housekeeping &
  Partial<
    AcceleratedOracle &
      AveragingOracle &
      DirectionalOracle &
      DisplacementOracle &
      JacobianOracle &
      ModularOracle &
      OutputsAlongOracle &
      SampleLossOracle &
      SizesOracle &
      TrialGradientOracle
  >;

/** A backend's oracle of a {@link Problem}, and what the suites have to see of it from outside. */
export interface Subject<O extends object = AnyOracle> {
  readonly oracle: O & Housekeeping;
  /** The parameters as they are now: W_1 row by row, then W_2, ... */
  read(): Answer<Numbers>;
  /** The samples that the next step takes; all when it was never called. Absent: the backend has no batches. */
  batch?(samples: readonly number[]): void;
  /** How many resources are alive now: tensors, buffers, handles. */
  live?(): number;
  /** Frees what the oracle holds, and the parameters. */
  dispose?(): void;
}

/** Builds a problem in the backend's tensors. */
export type MakeOracle<O extends object = AnyOracle> = (problem: Problem) => Answer<Subject<O>>;
