import * as tf from '@tensorflow/tfjs';
import { contestant } from './contestant.ts';
import { random } from './random.ts';
import type { MakeTask } from './task.ts';

interface Losses {
  readonly train: number;
  readonly validation: number;
}

/** What a training ended with; a loss that is not finite is null. */
export interface Record {
  readonly task: string;
  readonly contestant: string;
  readonly seed: number;
  readonly last: Losses | null;
  /** Of the polynomial-decay average of the weights, and of the statistics of batch normalization. */
  readonly averaged: Losses | null;
  readonly steps: number;
  readonly evaluationsPerStep: number;
  /** Processor time of the steps alone, in ms. */
  readonly millisecondsPerStep: number;
}

/** The average takes the weights of every fourth step. */
const AVERAGED_EVERY = 4;

/** Trains a task to its end. */
export async function train(task: string, make: MakeTask, name: string, seed: number): Promise<Record> {
  const { random: own } = Math;
  // What unseeded dropout draws from.
  Math.random = random(seed + 5000);
  const { variables, statistics, steps, batch, measure, dispose } = await make(seed);
  const made = contestant(name, steps);
  const all = [...variables, ...statistics];
  const average = all.map((variable) => Float32Array.from(variable.dataSync()));
  try {
    let milliseconds = 0;
    let finite = true;
    for (let step = 0; step < steps && finite; step++) {
      const loss = batch(step);
      const start = process.cpuUsage();
      finite = Number.isFinite(made.step(loss, variables));
      const { user, system } = process.cpuUsage(start);
      milliseconds += (user + system) / 1000;
      if ((step + 1) % AVERAGED_EVERY === 0) {
        // Shamir and Zhang (2013), polynomial-decay averaging with eta = 8.
        const c = 9 / ((step + 1) / AVERAGED_EVERY + 8);
        all.forEach((variable, i) => {
          const [w, mean] = [variable.dataSync(), average[i]!];
          for (let j = 0; j < mean.length; j++) mean[j]! += c * (w[j]! - mean[j]!);
        });
      }
    }
    const measured = (): Losses | null => {
      const losses = measure();
      return finite && Number.isFinite(losses.train + losses.validation) ? losses : null;
    };
    const last = measured();
    all.forEach((variable, i) => tf.tidy(() => variable.assign(tf.tensor(average[i]!, variable.shape))));
    const numbers = { steps, evaluationsPerStep: made.evaluations / steps, millisecondsPerStep: milliseconds / steps };
    return { task, contestant: name, seed, last, averaged: measured(), ...numbers };
  } finally {
    made.dispose();
    dispose();
    Math.random = own;
  }
}
