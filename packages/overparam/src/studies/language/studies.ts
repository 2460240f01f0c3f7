import { startBackend } from '../../session/backend.ts';
import { measures } from '../mat/best.ts';
import { findings } from '../mat/findings.ts';
import { trainings, type Training } from '../mat/settings.ts';
import { train } from '../mat/train.ts';
import type { TrainingResult } from '../mat/trained.ts';
import type { Study } from '../study.ts';
import { languageTask } from './language-task.ts';
import { languageOptions, languageSettings, type LanguageSettings } from './settings.ts';
import { readText } from './text.ts';
import { tokensOf } from './tokens.ts';

type LanguageStudy = Study<LanguageSettings, Training, TrainingResult>;

const study = (experts: boolean): Omit<LanguageStudy, 'name' | 'title' | 'takes'> => ({
  source:
    'Shi et al.: Train Faster, Perform Better: Modular Adaptive Training in Over-Parameterized Models. NeurIPS 2023, arXiv 2405.07527',
  data: 'included: addresses on the state of the Union, 1790 to 1830. --data FILE: another text, such as wiki.train.tokens of WikiText-2',
  options: languageOptions(experts),
  settings: languageSettings,
  pieces: trainings,
  async work(training, settings, working) {
    const { data, tokens, layers, width, heads, length, batch, experts } = settings;
    await startBackend(settings.backend);
    const text = tokensOf(await readText(data), { ...settings, train: tokens });
    const task = languageTask(text, {
      layers,
      width,
      heads,
      length,
      batch,
      seed: training.seed,
      ...(experts > 0 && { experts }),
    });
    return train(training, settings, task, working);
  },
  measures,
  findings(outcomes, settings) {
    const { tokens, tokenizer, layers, width, heads, experts, batch, length, steps } = settings;
    const parameters = outcomes[0]!.result.parameters.count.toLocaleString('en-US');
    const epochs = (steps * batch * length) / tokens;
    return findings(
      outcomes,
      settings,
      `A causal transformer of ${layers} layers, width ${width}, ${heads} heads${experts > 0 ? `, ${experts} experts in each second layer` : ''}, ${parameters} parameters, on ${tokens.toLocaleString('en-US')} ${tokenizer}, ${epochs < 10 ? epochs.toFixed(1) : Math.round(epochs)} times over.`,
    );
  },
});

/** MAT on a small transformer: heads and feed-forward blocks are its modules. */
export const transformerLm: LanguageStudy = {
  ...study(false),
  name: 'transformer-lm',
  title: 'Modular adaptive training of a transformer',
  takes: 'about 3 minutes',
};

/** The same with experts, which are modules too. */
export const switchLm: LanguageStudy = {
  ...study(true),
  name: 'switch-lm',
  title: 'Modular adaptive training of a switch transformer',
  takes: 'about 5 minutes',
};
