import { concat, keep, mul, reshape, type Tensor } from '@tensorflow/tfjs-core';
import { entriesOf, type Selection } from '../modules/part.ts';
import { engine } from '../recording/engine.ts';
import type { Reading } from '../recording/reading.ts';
import type { Capturing } from './capture.ts';
import { rowOf } from './gradients.ts';
import { addGrams } from './gram.ts';
import { mirror, type Kernel } from './hadamard.ts';
import type { JacobianSource } from './jacobian-source.ts';
import { addRowGrams } from './rows.ts';

export interface KernelOptions {
  readonly selection: Selection;
  /** Samples, by index; all when undefined. */
  readonly chosen: readonly number[] | undefined;
  /** What J's columns are multiplied by, in the shapes of the parts. */
  readonly scale: ReadonlyMap<number, Tensor> | undefined;
}

/** J J^T: from the inputs and sensitivities of layers, and from rows of J where a variable's structure is not known. */
export function* kernelOf(
  source: JacobianSource,
  { capture, sitesOf, factorsOf, byBlocks, restOf }: Capturing,
  { selection, chosen, scale }: KernelOptions,
): Reading<Kernel> {
  const { samples, width } = source.outcome;
  const count = chosen?.length ?? samples;
  const kernel: Kernel = { data: new Float64Array((count * width) ** 2), samples: count, outputs: width };
  const held = capture(selection);
  const at = held?.at ?? sitesOf(selection.keys());
  const factors = factorsOf(at, selection, chosen, scale);
  if (held) yield* addGrams(kernel, factors, held.of, held.of, source);
  else {
    const { blocks, sensitivitiesOf } = byBlocks(at);
    for (const [i, outputs] of blocks.entries()) {
      const left = sensitivitiesOf(outputs);
      try {
        for (const others of blocks.slice(0, i + 1)) {
          const right = others === outputs ? left : sensitivitiesOf(others);
          try {
            yield* addGrams(kernel, factors, left, right, source);
          } finally {
            if (right !== left) right.dispose();
          }
        }
      } finally {
        left.dispose();
      }
    }
  }
  yield* addRows(source, kernel, { selection: restOf(at, selection), chosen, scale, cotangent: (u) => u });
  mirror(kernel);
  return kernel;
}

/** Adds the inner products of rows of J in the selected parts. The row of u is that of `cotangent(u)`. */
export function* addRows(
  { structure, variables, outcome, memory }: JacobianSource,
  kernel: Kernel,
  { selection, chosen, scale, cotangent }: KernelOptions & { readonly cotangent: (u: Tensor) => Tensor },
): Reading<void> {
  if (selection.size === 0) return;
  const { samples, from } = outcome;
  const length = [...selection].reduce((sum, [variable, part]) => sum + entriesOf(variables[variable]!, part), 0);
  const scales =
    scale &&
    engine().tidy(() => keep(concat([...selection.keys()].map((variable) => reshape(scale.get(variable)!, [-1])))));
  const row = (u: Tensor): Tensor => {
    const plain = rowOf(structure, variables, from(cotangent(u)), selection);
    return scales ? mul(plain, scales) : plain;
  };
  try {
    yield* addRowGrams(kernel, { samples, outputs: kernel.outputs, length, row }, chosen, memory);
  } finally {
    scales?.dispose();
  }
}
