import { mul, type Tensor } from '@tensorflow/tfjs-core';
import type { Selection } from '../modules/part.ts';
import type { Reading } from '../recording/reading.ts';
import type { Capturing } from './capture.ts';
import { rowOf } from './gradients.ts';
import { addGrams } from './gram.ts';
import type { Kernel } from './hadamard.ts';
import type { JacobianSource } from './jacobian-source.ts';
import { addRows } from './kernel.ts';
import { addModuleRows } from './module-rows.ts';
import { rowsOf } from './rows.ts';
import { sensitivities } from './sensitivities.ts';

/** J J^T of each selection, for the products <V_n, outputs_n> instead of the outputs: N x N each, from one reverse pass. */
export function* kernelsAlong(
  source: JacobianSource,
  { sitesOf, factorsOf, restOf }: Capturing,
  {
    V,
    each,
    chosen,
  }: { readonly V: Tensor; readonly each: readonly Selection[]; readonly chosen: readonly number[] | undefined },
): Reading<readonly Kernel[]> {
  const { structure, variables, memory } = source;
  const { samples, from } = source.outcome;
  const at = sitesOf(new Set(each.flatMap((selection) => [...selection.keys()])));
  const count = chosen?.length ?? samples;
  const kernels = each.map((): Kernel => ({ data: new Float64Array(count ** 2), samples: count, outputs: 1 }));
  const rests = each.map((selection) => restOf(at, selection));
  // The variables without structure: a pass per sample, for all modules at once where their rows fit the memory.
  const unknown = new Set(rests.flatMap((rest) => [...rest.keys()]));
  const length = [...unknown].reduce((sum, variable) => sum + variables[variable]!.size, 0);
  const atOnce = 4 * count * length <= memory;
  const cotangent = (u: Tensor): Tensor => mul(V, u);

  const of = sensitivities(at.way, at.located, [0], () => from(V));
  try {
    for (const [m, kernel] of kernels.entries()) {
      yield* addGrams(kernel, factorsOf(at, each[m]!, chosen), of, of, source);
      if (!atOnce) yield* addRows(source, kernel, { selection: rests[m]!, chosen, scale: undefined, cotangent });
    }
  } finally {
    of.dispose();
  }
  if (!atOnce || unknown.size === 0) return kernels;
  const rest: Selection = new Map([...unknown].map((variable) => [variable, undefined]));
  const row = (u: Tensor): Tensor => rowOf(structure, variables, from(cotangent(u)), rest);
  const rows = rowsOf({ samples, outputs: 1, row }, chosen, 0, count);
  try {
    const among = new Map([...unknown].map((variable) => [variable, variables[variable]!]));
    yield* addModuleRows(kernels, rests, rows, among);
  } finally {
    rows.dispose();
  }
  return kernels;
}
