import type { Answer, CompositeOracle, Housekeeping } from '@overparam/core';

export interface StudentSettings {
  readonly width: number;
  readonly samples: number;
  readonly tau0: number;
  readonly seed: number;
}

/** What the page asks about a student and its teacher, in addition to the methods' questions. */
export interface StudentOracle extends CompositeOracle, Housekeeping {
  /** u_1, b_1, u_2, b_2, ... of the teacher's hidden units, three numbers each: the plane's coordinates and the bias. */
  teacher(): Answer<Float64Array>;
  look(): Answer<Look>;
}

export interface Look {
  readonly trainLoss: number;
  readonly testLoss: number;
  /** The test loss after refitting the output layer. */
  readonly refitTestLoss: number;
  /** Mean cosine distance of the student's hidden units from the teacher's. */
  readonly distance: number;
  /** u_1, v_1, u_2, v_2, ... of the student: the plane's coordinates of each hidden unit, and its output weight. */
  readonly units: Float64Array;
}
