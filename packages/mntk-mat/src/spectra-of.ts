import { runAsync, type Housekeeping, type Method, type RunOptions } from '@overparam/core';
import type { SpectraQuestions } from './module-kernels.ts';
import { resolveSpectraOptions, spectra, type Spectra, type SpectraOptions } from './spectra.ts';

/**
 * The spectra of modular tangent kernels of an oracle, between steps: see {@link spectra}. They leave nothing behind:
 * what the questions changed, randomness included, is put back by the oracle's `abandon`.
 *
 * @throws OverparamError of {@link spectra}, and `ABORTED`
 */
export async function spectraOf(
  oracle: SpectraQuestions & Housekeeping,
  options: SpectraOptions = {},
  { signal }: RunOptions = {},
): Promise<Spectra> {
  resolveSpectraOptions('spectraOf', options);
  const looking: Method<null, Spectra, SpectraQuestions> = {
    name: 'spectra',
    needs: [],
    wants: ['modules', 'moduleKernels', 'dimensions', 'kernelProduct', 'lossGradient'],
    init: () => null,
    *step(state, asking) {
      return { state, report: yield* spectra(asking, options) };
    },
  };
  const undone = new Proxy(oracle, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name === 'finish' ? 'abandon' : name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  const { report } = await runAsync(looking, undone, looking.init(), { signal });
  return report;
}
