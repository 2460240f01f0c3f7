import { numpy as np, type Array as JaxArray } from '@jax-js/jax';
import type { Problem, Subject } from '@overparam/conformance';
import { compositeOracle, meanSquaredError, oracle, type Direction } from '../src/index.ts';

type Float = 'float32' | 'float64';
type Weights = Record<string, JaxArray>;
type Batch = { x: JaxArray; y: JaxArray };

// jax-js 0.1.25 names Float16Array where it makes float64 arrays, and Node 20 and 22 have none.
(globalThis as { Float16Array?: unknown }).Float16Array ??= class Float16Array extends Uint16Array {};

/** Numbers from rows, as an array of the type. */
export const array = (rows: readonly (readonly number[])[], float: Float): JaxArray =>
  np.array(
    rows.map((row) => [...row]),
    { dtype: np[float] },
  );

export interface Making {
  readonly float: Float;
  readonly composite?: boolean;
  readonly asynchronous?: boolean;
  readonly direction?: Direction;
  readonly memory?: number;
}

/** Builds a problem of the conformance kit. */
export const making =
  ({ float, composite = true, asynchronous = false, direction = 'gradient', memory = 2 ** 28 }: Making) =>
  ({ inputs, targets, weights, modules, noise }: Problem): Subject => {
    let samples = inputs.map((_, n) => n);
    let seed = 1;
    const masked = (row: readonly number[]): number[] =>
      row.map((x) => {
        if (!noise) return x;
        seed = (seed * 48271) % 2147483647;
        return seed % 2 ? 2 * x : 0;
      });
    const batch = (): Batch => ({
      x: array(
        samples.map((n) => masked(inputs[n]!)),
        float,
      ),
      y: array(
        samples.map((n) => targets[n]!),
        float,
      ),
    });
    const model = (w: Weights, { x, y }: Batch): JaxArray => {
      y.dispose();
      return modules.reduce((a, name, k) => np.matmul(k > 0 ? np.tanh(a) : a, w[name]!), x);
    };
    const loss = (outputs: JaxArray, { x, y }: Batch): JaxArray => {
      x.dispose();
      return meanSquaredError(outputs, y);
    };
    const start = Object.fromEntries(modules.map((name, k) => [name, array(weights[k]!, float)]));
    const common = { weights: start, batch, asynchronous, direction };
    const made = composite
      ? compositeOracle<Weights, Batch>({ ...common, model, loss, memory })
      : oracle<Weights, Batch>({
          ...common,
          loss: (w, data) => loss(model(w, { x: data.x.ref, y: data.y.ref }), data),
        });
    return {
      oracle: made,
      read: () => {
        const w = made.weights();
        return modules.flatMap((name) => [...w[name]!.dataSync()]);
      },
      batch: (next) => void (samples = [...next]),
      dispose: () => made.dispose(),
    };
  };
