import { badOption } from '@overparam/core';
import { limit } from '../../limits.ts';
import { startBackend } from '../../session/backend.ts';
import { measures } from '../mat/best.ts';
import { findings } from '../mat/findings.ts';
import { countIn, optionsOf, settingsOf, trainings, type MatSettings, type Training } from '../mat/settings.ts';
import { train } from '../mat/train.ts';
import type { TrainingResult } from '../mat/trained.ts';
import { numberIn } from '../option-values.ts';
import type { Study } from '../study.ts';
import { AT_A_TIME, imageTask } from './image-task.ts';
import { readImages } from './images.ts';

interface CnnSettings extends MatSettings {
  /** A folder; absent: the included images. */
  readonly data?: string;
  readonly samples: number;
  readonly validation: number;
  readonly filters: readonly number[];
}

/** MAT on a small VGG-like network: its convolutions are the modules. */
export const cnnStudy: Study<CnnSettings, Training, TrainingResult> = {
  name: 'cnn',
  title: 'Modular adaptive training of a convolutional network',
  source:
    'Shi et al.: Train Faster, Perform Better: Modular Adaptive Training in Over-Parameterized Models. NeurIPS 2023, arXiv 2405.07527',
  data: 'included: Fashion-MNIST. --data FOLDER: the binary version of CIFAR-10',
  takes: 'about 3 minutes',
  options: [
    ...optionsOf({
      seed: '0',
      steps: '800',
      batch: '16',
      every: '40',
      spectraSamples: '16',
      alpha: '0.3',
      gradients: 'through',
      lr: '0.002',
    }),
    { flags: '--samples <n>', about: 'images to learn from; with few of them the network overfits', default: '500' },
    { flags: '--validation <n>', about: 'images to validate on', default: '500' },
    { flags: '--filters <list>', about: 'of each convolution, 0 for a pooling', default: '8,8,0,16,16,0,32,32,0' },
  ],
  async settings(given) {
    const settings: CnnSettings = {
      ...settingsOf(given),
      ...(given['data'] !== undefined && { data: given['data'] }),
      samples: countIn('samples', given['samples']),
      validation: countIn('validation', given['validation']),
      // Convolutions may be alike: no number is left out.
      filters: (given['filters'] ?? '')
        .split(',')
        .map((part) => numberIn('filters', part, { least: 0, whole: true, most: 4096 })),
    };
    const { samples, validation, batch, filters } = settings;
    if (!filters.some((count) => count > 0)) throw badOption('--filters', given['filters'], 'at least one convolution');
    const images = await readImages(settings.data);
    for (const [option, wanted, { labels }] of [
      ['--samples', samples, images.train],
      ['--validation', validation, images.validation],
    ] as const)
      if (wanted > labels.data.length) throw badOption(option, wanted, `at most the ${labels.data.length} images of ${images.name}`); // prettier-ignore
    if (batch > samples) throw badOption('--batch', batch, `at most the ${samples} samples`);
    const pixels = Math.max(batch, AT_A_TIME) * images.height * images.width;
    const counts = filters.filter((count) => count > 0);
    const weights = counts.reduce((sum, count, i) => sum + 9 * count * (counts[i - 1] ?? images.channels), 0);
    limit('numbers', '--filters, --batch', weights + pixels * counts.reduce((sum, count) => sum + count, 0));
    limit('multiplications per step', '--filters, --batch', 3 * pixels * weights);
    return settings;
  },
  pieces: trainings,
  async work(training, settings, working) {
    await startBackend(settings.backend);
    const task = imageTask(await readImages(settings.data), { ...settings, seed: training.seed });
    return train(training, settings, task, working);
  },
  measures,
  findings(outcomes, settings) {
    const { samples, filters, steps, batch, data } = settings;
    const parameters = outcomes[0]!.result.parameters.count.toLocaleString('en-US');
    return findings(
      outcomes,
      settings,
      `A network of ${filters.filter((count) => count > 0).length} convolutions, ${parameters} parameters, on ${samples.toLocaleString('en-US')} images of ${data === undefined ? 'Fashion-MNIST' : 'CIFAR-10'}, ${Math.round((steps * batch) / samples)} times over.`,
    );
  },
};
