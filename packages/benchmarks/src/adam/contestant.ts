import { optimizer } from '@overparam/backend-tfjs';
import { ponos, ponosAdam } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';

/** One optimizer, for one training. */
export interface Contestant {
  /** Takes a step and returns the loss before it. */
  step(loss: () => tf.Scalar, variables: readonly tf.Variable[]): number;
  /** Evaluations of the loss beside its gradient, of all steps. */
  readonly evaluations: number;
  dispose(): void;
}

/** `adam RATE`, `adam-linear RATE` (to 0 over the run), `sgd RATE`, `ponos`, `ponosAdam`, `ponosAdam unbounded`. */
export function contestant(name: string, steps: number): Contestant {
  const [kind, option = ''] = name.split(' ');
  switch (kind) {
    case 'adam':
    case 'adam-linear':
      return constant(tf.train.adam(Number(option)), (k) =>
        kind === 'adam' ? Number(option) : Number(option) * (1 - k / steps),
      );
    case 'sgd':
      return constant(tf.train.sgd(Number(option)), () => Number(option));
    case 'ponos':
      return searching(optimizer(ponos({ rho: 0.25 })));
    case 'ponosAdam':
      return searching(optimizer(ponosAdam({ steps: option === 'unbounded' ? option : steps }), { direction: 'adam' }));
    default:
      throw new Error(`There is no contestant '${name}'.`);
  }
}

function constant(made: tf.Optimizer, rateAt: (step: number) => number): Contestant {
  let k = 0;
  return {
    step(loss, variables) {
      (made as unknown as { learningRate: number }).learningRate = rateAt(k++);
      return read(made.minimize(loss, true, [...variables]));
    },
    evaluations: 0,
    dispose: () => made.dispose(),
  };
}

interface Searching {
  minimize: tf.Optimizer['minimize'];
  readonly report: { readonly forwards: number } | undefined;
  dispose(): void;
}

function searching(made: Searching): Contestant {
  let evaluations = 0;
  return {
    step(loss, variables) {
      const value = read(made.minimize(loss, true, [...variables]));
      evaluations += made.report!.forwards;
      return value;
    },
    get evaluations() {
      return evaluations;
    },
    dispose: () => made.dispose(),
  };
}

function read(cost: tf.Scalar | null): number {
  const [value] = cost!.dataSync();
  cost!.dispose();
  return value!;
}
