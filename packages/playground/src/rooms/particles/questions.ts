import type { Answer, DualMeasureOracle } from '@overparam/core';
import type { Certificate, Measure } from '@overparam/wasserstein-flow';

export interface ParticleSettings {
  readonly truth: Measure;
  readonly lambda: number;
}

/** What the page asks about a deconvolution, in addition to the flow's questions. */
export interface ParticlesOracle extends DualMeasureOracle {
  /** Replaces the spikes to find. */
  aim(truth: Measure): Answer<void>;
  look(measure: Measure): Answer<Look>;
}

export interface Look {
  readonly certificate: Certificate;
  /** eta at 0, ..., 2 pi, evenly. */
  readonly eta: Float64Array;
}
