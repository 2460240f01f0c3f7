import { others, type Method, type ModularOracle } from '@overparam/core';
import { mat, type MatOptions, type Selection, type ThresholdFunction } from '@overparam/mntk-mat';
import { constantStep, ponos, ponosAdam, type StepReport } from '@overparam/polyak-nonmonotone';
import { random } from '../../training/random.ts';
import { scheduled } from './scheduled.ts';
import type { MatSettings, Training } from './settings.ts';
import type { MatTask } from './task.ts';

/** What a step reports. */
export interface Told {
  readonly inner: StepReport;
  /** null for all */
  readonly trained: readonly string[] | null;
  readonly selection?: Selection | null;
}

/** Multirate: the kinds' modules are trained by turns, one of this number at a time. */
const TURNS = 3;

/**
 * The method of a training, on plain state. `random` and `inverted` choose as many modules of each kind as MAT would, at
 * the parameters where they are, and take spectra to know how many.
 */
export function methodOf(
  { method, seed }: Training,
  { inner: name, lr, every, spectraSamples, alpha, gradients, steps }: MatSettings,
  { kinds, modules, stages }: Pick<MatTask, 'kinds' | 'modules' | 'stages'>,
): Method<unknown, Told, ModularOracle> {
  const inners = {
    adam: () => constantStep({ step: lr }),
    'ponos-adam': () => ponosAdam({ steps }),
    ponos: () => ponos(),
  };
  const inner = inners[name]() as Method<unknown, StepReport>;
  const chosen = (options: MatOptions): Method<unknown, Told, ModularOracle> =>
    mat(inner, {
      every,
      groups: kinds,
      alpha,
      gradients,
      beta: 0,
      spectra: { samples: spectraSamples },
      ...options,
    }) as Method<unknown, Told, ModularOracle>;
  const all = [...Object.keys(modules), others];
  const without = (resting: readonly string[]): readonly string[] | null =>
    resting.length === 0 ? null : all.filter((module) => !resting.includes(module));
  switch (method) {
    case 'full':
      return scheduled(inner, gradients, () => null) as Method<unknown, Told, ModularOracle>;
    case 'mat':
      return chosen({});
    case 'random': {
      const place = new Map(Object.keys(modules).map((module, i) => [module, i]));
      return chosen({
        score: ({ spectrum: { module }, selection }) =>
          random(seed * 2 ** 32 + selection * place.size + place.get(module)!)(),
        threshold: asMany(alpha),
      });
    }
    case 'inverted':
      return chosen({ score: ({ spectrum }) => -spectrum.lambda_max, threshold: asMany(alpha) });
    case 'early-freezing':
      // FreezeOut (arXiv 1706.04983), linear: the first stage ends after half of the steps, the last would at the end.
      return scheduled(inner, gradients, (step) => {
        const ended = stages.filter((_, i) => step >= steps * (0.5 + (0.5 * i) / stages.length));
        return without(ended.flat());
      }) as Method<unknown, Told, ModularOracle>;
    case 'multirate': {
      const turn = (members: readonly string[], step: number): readonly string[] =>
        members.filter((_, i) => i % TURNS !== Math.floor(step / every) % TURNS);
      return scheduled(inner, gradients, (step) =>
        without(Object.values(kinds).flatMap((members) => turn(members, step))),
      ) as Method<unknown, Told, ModularOracle>;
    }
  }
}

/** The k-th largest score, with k the number of modules that reach alpha times the largest lambda_max. */
const asMany =
  (alpha: number): ThresholdFunction =>
  (scores, spectra) => {
    const largest = Math.max(...spectra.map(({ lambda_max }) => lambda_max));
    const count = spectra.filter(({ lambda_max }) => lambda_max >= alpha * largest).length;
    return [...scores].sort((a, b) => b - a)[count - 1]!;
  };
