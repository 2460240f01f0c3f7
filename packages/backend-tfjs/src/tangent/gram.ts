import { cast, equal, keep, matMul, reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Answer } from '@overparam/core';
import { engine } from '../recording/engine.ts';
import { inTurn, whenAnswered, type Read } from '../recording/read.ts';
import type { Factor } from './factor.ts';
import { addHadamard, type Kernel } from './hadamard.ts';
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
export function addGrams(
  kernel: Kernel,
  factors: readonly Factor[],
  left: Sensitivities,
  right: Sensitivities,
  { known, read, memory }: { readonly known: InputGrams; readonly read: Read; readonly memory: number },
): Answer<void> {
  const pairs = left.outputs.flatMap((k) => right.outputs.filter((j) => k >= j).map((j) => [k, j] as const));
  const products = factors.filter(isProduct);
  const sums = factors.filter((factor) => !isProduct(factor));
  const inputGrams = new Map<Factor, ArrayLike<number>>();

  const readInputs = (): Answer<void> =>
    inTurn(products, (factor) => {
      if (!factor.input) return;
      const before = factor.constant && known.get(factor.constant);
      if (before) return void inputGrams.set(factor, before);
      return whenAnswered(read(gram(factor)), (values) => {
        inputGrams.set(factor, values);
        if (factor.constant) known.set(factor.constant, values);
      });
    });
  const byProducts = (): Answer<void> =>
    inTurn(pairs, ([k, j]) => {
      // A layer's weights and its bias have the same sensitivity.
      const shared = new Map<object, readonly [other: object, values: ArrayLike<number>]>();
      return inTurn(products, (factor) => {
        let of: readonly [object, object] | undefined;
        const product = engine().tidy(() => {
          const b = factor.sensitivity(left, k);
          const c = k === j && left === right ? b : factor.sensitivity(right, j);
          if (!b || !c) return undefined;
          of = [b.dataId, c.dataId];
          return shared.get(b.dataId)?.[0] === c.dataId ? undefined : keep(matMul(b, c, false, true));
        });
        if (!of) return;
        const [id, other] = of;
        const add = (values: ArrayLike<number>): void =>
          addHadamard(kernel, k, j, inputGrams.get(factor), values, factor.positions);
        if (!product) return add(shared.get(id)![1]);
        return whenAnswered(read(product), (values) => {
          shared.set(id, [other, values]);
          add(values);
        });
      });
    });
  const bySums = (): Answer<void> =>
    inTurn(sums, (factor) => {
      const width = Math.max(1, Math.floor(memory / (4 * factor.samples * factor.fanOut * 2 * left.outputs.length)));
      const starts = Array.from({ length: Math.ceil(factor.fanIn / width) }, (_, i) => i * width);
      return inTurn(starts, (start) => addSlice(kernel, factor, start, Math.min(width, factor.fanIn - start)));
    });
  const addSlice = (kernel: Kernel, factor: Factor, start: number, width: number): Answer<void> => {
    const gradients = (of: Sensitivities): Map<number, Tensor> =>
      new Map(
        of.outputs.flatMap((k) => {
          const made = engine().tidy(() => {
            const b = factor.sensitivity(of, k);
            return b && keep(sampleGradients(factor, b, start, width));
          });
          return made ? [[k, made] as const] : [];
        }),
      );
    const ofLeft = gradients(left);
    const ofRight = left === right ? ofLeft : gradients(right);
    const done = inTurn(pairs, ([k, j]) => {
      const [b, c] = [ofLeft.get(k), ofRight.get(j)];
      if (!b || !c) return;
      return whenAnswered(read(keep(matMul(b, c, false, true))), (values) =>
        addHadamard(kernel, k, j, undefined, values, 1),
      );
    });
    return whenAnswered(done, () => {
      for (const tensors of new Set([ofLeft, ofRight])) for (const tensor of tensors.values()) tensor.dispose();
    });
  };

  return inTurn([readInputs, byProducts, bySums], (part) => part());
}

/** Whether Gram matrices over positions cost less than the gradients of the samples. */
function isProduct({ input, index, scale, samples, positions, fanIn, fanOut }: Factor): boolean {
  if (!input) return true;
  if (scale) return false;
  if (positions === 1) return true;
  const products = samples * positions * positions * ((index ? 1 : fanIn) + fanOut);
  return products <= (positions + samples) * fanIn * fanOut;
}

function gram({ input, index }: Factor): Tensor {
  return tidy(() => {
    if (index) {
      const rows = index();
      return keep(cast(equal(reshape(rows, [-1, 1]), reshape(rows, [1, -1])), 'float32'));
    }
    const a = input!();
    return keep(matMul(a, a, false, true));
  });
}
