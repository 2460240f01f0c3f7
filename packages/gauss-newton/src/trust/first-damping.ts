import { type Asking, type Inquiry } from '@overparam/core';
import { matrix } from '@overparam/linear-algebra';
import { largestCurvature, times, transposedTimes } from '../blocks.ts';
import { type Model } from '../model.ts';
import { type GaussNewtonOracle } from '../oracle.ts';
import { dot } from '../vector.ts';
import { type Trust } from './trust.ts';

/**
 * The first mu: tau times the largest element of the diagonal of J^T H J, or of that of J^T J times the largest of H; the
 * former is known where J is, the latter where the oracle tells. Otherwise an eigenvalue of S^T J J^T S takes its place: the
 * largest one, or without a kernel that of u, by Rayleigh's quotient.
 */
export function* firstDamping(
  oracle: Asking<GaussNewtonOracle>,
  { loss, spectrum, largestColumn }: Model,
  first: Trust['first'],
): Inquiry<number> {
  if ('mu' in first) return first.mu;
  const { S, C, target } = loss;
  let largest = largestColumn;
  if (largest === null && oracle.largestSquaredColumn)
    largest = largestCurvature(S) * (yield* oracle.largestSquaredColumn());
  if (largest === null && spectrum) largest = spectrum.sigmaMax();
  if (largest === null) {
    const { u } = target;
    const { data } = yield* oracle.kernelProduct(matrix(u.length / C, C, times(S, u)));
    largest = dot(u, transposedTimes(S, data)) / dot(u, u);
  }
  return first.tau * (largest > 0 && Number.isFinite(largest) ? largest : 1);
}
