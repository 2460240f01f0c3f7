import type { Study } from '../study.ts';
import { findings } from './findings.ts';
import { options, settings, trainings, type HiddenLearningSettings, type Training } from './settings.ts';
import { train, type TrainingResult } from './train.ts';

/** A student learns from a teacher, and its features generalise long before its outputs do. */
export const hiddenLearning: Study<HiddenLearningSettings, Training, TrainingResult> = {
  name: 'hidden-learning',
  title: 'Hidden learning with Gauss-Newton',
  source:
    'Arbel, Menegaux, Wolinski: Rethinking Gauss-Newton for learning over-parameterized models. NeurIPS 2023, arXiv 2302.02904',
  data: 'drawn from a seed: a teacher of 5 hidden units, inputs from N(0, I)',
  takes: 'a few minutes; about one with --samples 200',
  options,
  settings,
  pieces: trainings,
  work: train,
  findings,
  measures({ measurements }) {
    const { step, trainLoss, testLoss, refitTestLoss, distance } = measurements.at(-1)!;
    return {
      'test loss': testLoss,
      'refitted test loss': refitTestLoss,
      'train loss': trainLoss,
      distance,
      steps: step,
    };
  },
};
