import {
  abs,
  concat,
  gather,
  keep,
  reshape,
  sum,
  tensor1d,
  tensor2d,
  transpose,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { OverparamError, type Answer } from '@overparam/core';
import { engine } from '../engine.ts';
import type { Graph } from '../graph.ts';
import { whenAnswered, type Read } from '../read.ts';
import { reverse, type Way } from './reverse.ts';
import type { Located } from './sensitivities.ts';

/**
 * Sensitivities of all samples come from one reverse pass because samples are independent, and their rows belong to
 * samples because these go along the first axis. Both are checked by a pass whose cotangent is 0 for some samples: the
 * sensitivities of these have to be 0 to the bit.
 *
 * @returns the sites, by step and input, at which they are not: their parameters act before there are samples (a
 * normalised weight), or the samples go along another axis
 * @throws OverparamError `SAMPLES_COUPLED` where samples act on one another
 */
export function mixedSites(
  way: Way,
  located: readonly Located[],
  nameOf: (variable: number) => string,
  [samples, width]: readonly [number, number],
  read: Read,
): Answer<ReadonlySet<string>> {
  if (samples === 1 || located.length === 0) return new Set<string>();
  const silent = Array.from({ length: samples }, (_, n) => n).filter(
    (n) => n > 0 && (n === samples - 1 || n % 3 === 1),
  );
  const sites = new Map(located.map((one) => [`${one.step}/${one.input}`, one]));
  const seen: { readonly key: string; readonly variable: number; readonly axes: number }[] = [];
  const sums = engine().tidy(() => {
    const parts: Tensor[] = [];
    reverse(way, cotangent(samples, width, silent), ({ node, input, wanted }, dy) => {
      const key = `${node.step}/${input}`;
      const b = sites.get(key)!.site.sensitivity(dy);
      const leaks = [
        reshape(b, [samples, b.size / samples]),
        ...dy.shape.flatMap((length, axis) => (length === samples && axis > 0 ? [inFront(dy, axis)] : [])),
      ].map((rows) => reshape(sum(abs(gather(rows, tensor1d(silent, 'int32')))), [1]));
      seen.push({ key, variable: wanted, axes: leaks.length });
      parts.push(keep(concat(leaks)));
    });
    const all = keep(parts.length > 0 ? concat(parts) : tensor1d([]));
    parts.forEach((part) => part.dispose());
    return all;
  });
  const ofData = dependsOnData(way.graph, samples);
  return whenAnswered(read(sums), (values) => {
    let at = 0;
    return new Set(
      seen.flatMap(({ key, variable, axes }) => {
        const leaks = Array.from({ length: axes }, () => values[at++]!);
        // NaN tells nothing: it spreads whatever the structure.
        if (!(leaks[0]! > 0)) return [];
        if (leaks.every((leak) => leak > 0) && ofData(sites.get(key)!.step)) throw coupled(nameOf(variable));
        return [key];
      }),
    );
  });
}

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
function dependsOnData({ steps, order }: Graph, samples: number): (step: number) => boolean {
  const dependent = new Set<number>();
  for (const step of order)
    for (const input of Object.values(steps[step]!.inputs).flat() as Graph['result'][])
      if (
        input &&
        ('step' in input
          ? dependent.has(input.step)
          : 'constant' in input && input.constant.shape.some((length) => length > 0 && length % samples === 0))
      )
        dependent.add(step);
  return (step) => dependent.has(step);
}

const coupled = (variable: string): Error =>
  new OverparamError(
    'SAMPLES_COUPLED',
    `The samples of the batch act on one another below the outputs, where '${variable}' enters: run batch normalization with its moving statistics (model.apply(x), or training: false), and keep one sample a row.`,
  );
