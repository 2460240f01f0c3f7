import { cast, equal, keep, reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { disposeAll, engine } from '../recording/engine.ts';
import { read, type Reading } from '../recording/reading.ts';
import type { Factor } from './factor.ts';
import { addHadamard, type Kernel } from './hadamard.ts';
import { readRows, rowProducts, type ExactRows } from './row-products.ts';
import { sampleGradients } from './sample-gradients.ts';
import type { Sensitivities } from './sensitivities.ts';

/** The Gram matrices of inputs that are constants, by their data: the batch may be the same for many steps. */
export type InputGrams = WeakMap<object, ArrayLike<number>>;

/**
 * Adds to a kernel what the factors contribute for the outputs of `left` against those of `right`: two small Gram
 * matrices where a sample has one position,
 *
 *     K[(n, k), (m, j)] += (a_n . a_m) (b_nk . b_mj),
 *
 * and where it has T, either the same over positions,
 *
 *     K[(n, k), (m, j)] += sum_ts (a_nt . a_ms) (b_nkt . b_mjs),
 *
 * or the inner products of the samples' gradients sum_t a_nt b_nkt^T, a slice of these at a time, whichever takes fewer
 * operations. Only k >= j is filled.
 *
 * @param memory bytes that slices of gradients may take
 */
export function* addGrams(
  kernel: Kernel,
  factors: readonly Factor[],
  left: Sensitivities,
  right: Sensitivities,
  { known, memory }: { readonly known: InputGrams; readonly memory: number },
): Reading<void> {
  const products = factors.filter(isProduct);
  const inputs = yield* inputGrams(products, known);
  yield* addProducts(kernel, products, inputs, left, right);
  for (const factor of factors.filter((one) => !isProduct(one))) {
    const width = Math.max(1, Math.floor(memory / (4 * factor.samples * factor.fanOut * 2 * left.outputs.length)));
    for (let start = 0; start < factor.fanIn; start += width)
      yield* addSlice(kernel, factor, left, right, { start, width: Math.min(width, factor.fanIn - start) });
  }
}

/** (k, j) with k >= j. */
const pairs = (left: Sensitivities, right: Sensitivities): (readonly [k: number, j: number])[] =>
  left.outputs.flatMap((k) => right.outputs.filter((j) => k >= j).map((j) => [k, j] as const));

/** a_n . a_m of the factors that have an input. */
function* inputGrams(products: readonly Factor[], known: InputGrams): Reading<Map<Factor, ArrayLike<number>>> {
  const grams = new Map<Factor, ArrayLike<number>>();
  for (const factor of products) {
    if (!factor.input) continue;
    const values = (factor.constant && known.get(factor.constant)) ?? (yield* inputGram(factor));
    grams.set(factor, values);
    if (factor.constant) known.set(factor.constant, values);
  }
  return grams;
}

/** Hadamard products of two small Gram matrices. */
function* addProducts(
  kernel: Kernel,
  products: readonly Factor[],
  inputs: ReadonlyMap<Factor, ArrayLike<number>>,
  left: Sensitivities,
  right: Sensitivities,
): Reading<void> {
  /** Each sensitivity is read once. */
  const known = new Map<object, ExactRows>();
  function* rowsOf(kept: Tensor, id: object): Reading<ExactRows> {
    const rows = known.get(id) ?? (yield* readRows(kept));
    known.set(id, rows);
    return rows;
  }
  for (const [k, j] of pairs(left, right)) {
    // A layer's weights and its bias have the same sensitivity.
    const shared = new Map<object, readonly [other: object, values: ArrayLike<number>]>();
    for (const factor of products) {
      const both = engine().tidy(() => {
        const b = factor.sensitivity(left, k);
        const c = k === j && left === right ? b : factor.sensitivity(right, j);
        return b && c && ([b, c].map((x) => [keep(x.clone()), x.dataId] as const) as [Kept, Kept]);
      });
      if (!both) continue;
      const [[b, id], [c, other]] = both;
      try {
        if (shared.get(id)?.[0] !== other)
          shared.set(id, [other, rowProducts(yield* rowsOf(b, id), yield* rowsOf(c, other))]);
      } finally {
        disposeAll([b, c]);
      }
      addHadamard(kernel, k, j, inputs.get(factor), shared.get(id)![1], factor.positions);
    }
  }
}

type Kept = readonly [tensor: Tensor, id: object];

/** Inner products of some rows, from `start` on, of the samples' gradients. */
function* addSlice(
  kernel: Kernel,
  factor: Factor,
  left: Sensitivities,
  right: Sensitivities,
  { start, width }: { readonly start: number; readonly width: number },
): Reading<void> {
  function* gradients(of: Sensitivities): Reading<Map<number, ExactRows>> {
    const rows = new Map<number, ExactRows>();
    for (const k of of.outputs) {
      const gradient = engine().tidy(() => {
        const b = factor.sensitivity(of, k);
        return b && keep(sampleGradients(factor, b, start, width));
      });
      if (gradient) rows.set(k, yield* readRows(gradient));
    }
    return rows;
  }
  const ofLeft = yield* gradients(left);
  const ofRight = left === right ? ofLeft : yield* gradients(right);
  for (const [k, j] of pairs(left, right)) {
    const [b, c] = [ofLeft.get(k), ofRight.get(j)];
    if (b && c) addHadamard(kernel, k, j, undefined, rowProducts(b, c), 1);
  }
}

/** Whether Gram matrices over positions cost less than the gradients of the samples. */
function isProduct({ input, index, scale, samples, positions, fanIn, fanOut }: Factor): boolean {
  if (!input) return true;
  if (scale) return false;
  if (positions === 1) return true;
  const products = samples * positions * positions * ((index ? 1 : fanIn) + fanOut);
  return products <= (positions + samples) * fanIn * fanOut;
}

function* inputGram({ input, index }: Factor): Reading<ArrayLike<number>> {
  if (index) {
    const same = tidy(() => {
      const rows = index();
      return keep(cast(equal(reshape(rows, [-1, 1]), reshape(rows, [1, -1])), 'float32'));
    });
    return yield* read(same);
  }
  const a = yield* readRows(tidy(() => keep(input!().clone())));
  return rowProducts(a, a);
}
