import { type Shift, type Spectrum } from '../model.ts';

/** Chooses eps from the kernel alone. */
export interface Damping {
  readonly shift: (spectrum: Spectrum, samples: number) => Shift;
  /** The eps that needs no spectrum, if there is one: then conjugate gradients can take it. */
  readonly fixed: number | null;
}
