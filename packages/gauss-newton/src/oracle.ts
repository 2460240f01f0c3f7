import {
  type CompositeOracle,
  type DisplacementOracle,
  type JacobianOracle,
  type OutputsAlongOracle,
  type SizesOracle,
} from '@overparam/core';

/** What the methods of this package may ask; what a {@link CompositeOracle} lacks, only where it is answered. */
export type GaussNewtonOracle = CompositeOracle &
  Partial<Pick<JacobianOracle, 'jacobian' | 'direct'>> &
  Partial<Pick<OutputsAlongOracle, 'probeOutputs'>> &
  Partial<Pick<DisplacementOracle, 'displacementProduct'>> &
  Partial<Pick<SizesOracle, 'sizes' | 'largestSquaredColumn'>>;
