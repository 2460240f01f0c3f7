import type { Asking, Method, Oracle } from '@overparam/core';

/**
 * The inner method, made to train only the modules that a schedule names: MAT without its spectra, for comparison.
 * @param modules of a step; null for all
 */
export function scheduled<State, Report>(
  inner: Method<State, Report>,
  gradients: 'through' | 'around',
  modules: (step: number) => readonly string[] | null,
): Method<
  { readonly inner: State; readonly step: number },
  { readonly inner: Report; readonly trained: readonly string[] | null }
> {
  const way = gradients === 'around' && { around: true };
  return {
    name: `scheduled(${inner.name})`,
    needs: inner.needs,
    ...(inner.wants && { wants: inner.wants }),
    init: () => ({ inner: inner.init(), step: 0 }),
    *step({ inner: before, step }, oracle) {
      const trained = modules(step);
      const asked: Asking<Oracle> = trained
        ? { ...oracle, linearize: (request) => oracle.linearize({ ...request, modules: trained, ...way }) }
        : oracle;
      const { state, report, stopped } = yield* inner.step(before, asked);
      return {
        state: { inner: state, step: step + 1 },
        report: { inner: report, trained },
        ...(stopped !== undefined && { stopped }),
      };
    },
  };
}
