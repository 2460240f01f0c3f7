import { type StepCase } from '../cases.ts';
import { embedding } from './embedding.ts';
import { lenet } from './lenet.ts';
import { lstm } from './lstm.ts';
import { mlp } from './mlp.ts';
import { type Loss } from './model.ts';
import { resnet } from './resnet.ts';
import { transformer } from './transformer.ts';

export const losses: Readonly<Record<StepCase['model'], () => Loss>> = {
  mlp: () => mlp([784, 1000, 10], 128),
  'small-mlp': () => mlp([20, 64, 64, 3], 64),
  lenet: () => lenet(64),
  resnet: () => resnet(32),
  lstm: () => lstm({ features: 32, units: 128, steps: 32, batch: 32 }),
  transformer: () => transformer({ d: 128, heads: 4, steps: 64, batch: 16 }),
  embedding: () => embedding({ words: 10_000, d: 64, steps: 64, batch: 64 }),
};
