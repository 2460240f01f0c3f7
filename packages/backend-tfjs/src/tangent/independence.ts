import {
  abs,
  concat,
  gather,
  keep,
  minimum,
  reshape,
  sum,
  tensor1d,
  tensor2d,
  transpose,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';
import { disposeAll, engine } from '../recording/engine.ts';
import type { Graph } from '../recording/graph.ts';
import { read, type Reading } from '../recording/reading.ts';
import type { Outcome } from './outcome.ts';
import { reverse, type Way } from './reverse.ts';
import type { Located } from './sensitivities.ts';

/** Result of a backward pass with some samples masked out. */
export interface Independence {
  /**
   * The sites, by step and input, at which samples are not separate: their parameters act before there are samples (a
   * normalised weight), the samples go along another axis, or their rows are in another order (routed to experts).
   */
  readonly mixed: ReadonlySet<string>;
  /** At how many of these several samples act on one row. */
  readonly shared: number;
  /** False where derivatives vanish or are not finite at some site, so that they show nothing about it. */
  readonly conclusive: boolean;
}

/**
 * Sensitivities of all samples come from one reverse pass because samples are independent, and their rows belong to
 * samples because these go along the first axis. Both are checked by a pass whose cotangent is 0 for some samples: the
 * sensitivities of these have to be 0 to the bit.
 *
 * @throws OverparamError `SAMPLES_COUPLED` where samples act on one another
 */
export function* independence(
  way: Way,
  located: readonly Located[],
  nameOf: (variable: number) => string,
  outcome: Outcome,
): Reading<Independence> {
  const { samples, width, from } = outcome;
  if (samples === 1 || located.length === 0) return { mixed: new Set<string>(), shared: 0, conclusive: true };
  const silent = silentOf(samples);
  const sounding = Array.from({ length: samples }, (_, n) => n).filter((n) => !silent.includes(n));
  const sites = new Map(located.map((one) => [`${one.step}/${one.input}`, one]));
  const seen: { readonly key: string; readonly variable: number; readonly axes: number }[] = [];
  const sums = engine().tidy(() => {
    const parts: Tensor[] = [];
    reverse(way, from(cotangent(samples, width, silent)), ({ node, input, wanted }, dy) => {
      const key = `${node.step}/${input}`;
      const b = sites.get(key)!.site.sensitivity(dy);
      const rows = reshape(b, [samples, b.size / samples]);
      const along = dy.shape.flatMap((length, axis) => (length === samples && axis > 0 ? [inFront(dy, axis)] : []));
      const total = (x: Tensor, of: readonly number[]): Tensor =>
        reshape(sum(abs(gather(x, tensor1d([...of], 'int32')))), [1]);
      seen.push({ key, variable: wanted, axes: 1 + along.length });
      parts.push(keep(concat([total(rows, sounding), ...[rows, ...along].map((x) => total(x, silent))])));
    });
    const all = keep(parts.length > 0 ? concat(parts) : tensor1d([]));
    parts.forEach((part) => part.dispose());
    return all;
  });
  const ofData = dependsOnData(way.graph, (shape) => shape.some((length) => length > 0 && length % samples === 0));
  const values = yield* read(sums);
  let at = 0;
  let conclusive = seen.length === sites.size;
  const mixed = new Set<string>();
  const everywhere: { readonly key: string; readonly variable: number }[] = [];
  for (const { key, variable, axes } of seen) {
    const sound = values[at++]!;
    const leaks = Array.from({ length: axes }, () => values[at++]!);
    conclusive &&= Number.isFinite(sound) && leaks.every(Number.isFinite) && sound + leaks[0]! > 0;
    // NaN shows nothing: it spreads whatever the structure.
    if (!(leaks[0]! > 0)) continue;
    mixed.add(key);
    if (leaks.every((leak) => leak > 0)) everywhere.push({ key, variable });
  }
  if (everywhere.length === 0) return { mixed, shared: 0, conclusive };
  const keys = everywhere.map(({ key }) => key);
  const rows = yield* read(sharedRows(way, keys, outcome));
  const together = everywhere.filter((_, i) => rows[i]! > 0);
  const couples = together.find(({ key }) => ofData(sites.get(key)!.step));
  if (couples) throw coupled(nameOf(couples.variable));
  return { mixed, shared: together.length, conclusive };
}

/** For each of these entries, whether a row of the derivative belongs to silent samples and to others: above 0 then. */
function sharedRows(way: Way, keys: readonly string[], { samples, width, from }: Outcome): Tensor {
  const silent = silentOf(samples);
  const others = Array.from({ length: samples }, (_, n) => n).filter((n) => !silent.includes(n));
  const rowsWithout = (quiet: readonly number[]): Map<string, Tensor> => {
    const rows = new Map<string, Tensor>();
    reverse(way, from(cotangent(samples, width, quiet)), ({ node, input }, dy) => {
      const key = `${node.step}/${input}`;
      if (keys.includes(key)) rows.set(key, keep(sum(abs(reshape(dy, [-1, dy.shape.at(-1) ?? 1])), 1)));
    });
    return rows;
  };
  return engine().tidy(() => {
    const [first, second] = [rowsWithout(silent), rowsWithout(others)];
    const shared = keys.map((key) => {
      const [a, b] = [first.get(key), second.get(key)];
      return a && b ? reshape(sum(minimum(a, b)), [1]) : tensor1d([0]);
    });
    const all = keep(concat(shared));
    disposeAll([...first.values(), ...second.values()]);
    return all;
  });
}

const silentOf = (samples: number): number[] =>
  Array.from({ length: samples }, (_, n) => n).filter((n) => n > 0 && (n === samples - 1 || n % 3 === 1));

const inFront = (x: Tensor, axis: number): Tensor =>
  transpose(x, [axis, ...x.shape.map((_, i) => i).filter((other) => other !== axis)]);

/** Differs from one output to the next, so that outputs that add up to 1 do not cancel. */
function cotangent(samples: number, width: number, silent: readonly number[]): Tensor {
  const values = Float32Array.from({ length: samples * width }, (_, i) =>
    silent.includes(Math.floor(i / width)) ? 0 : 1 + 0.5 * Math.sin(7 * i + 1),
  );
  return tensor2d(values, [samples, width]);
}

/** Whether a step goes back to a constant with an axis along the samples: the batch, most likely. */
export function dependsOnData(
  { steps, order }: Graph,
  isData: (shape: readonly number[]) => boolean,
): (step: number) => boolean {
  const dependent = new Set<number>();
  for (const step of order)
    for (const input of Object.values(steps[step]!.inputs).flat() as Graph['result'][])
      if (input && ('step' in input ? dependent.has(input.step) : 'constant' in input && isData(input.constant.shape)))
        dependent.add(step);
  return (step) => dependent.has(step);
}

const coupled = (variable: string): Error =>
  new OverparamError(
    'SAMPLES_COUPLED',
    `The samples of the batch act on one another below the outputs, where '${variable}' enters: run batch normalization with its moving statistics (model.apply(x), or training: false), and keep one sample a row.`,
  );
