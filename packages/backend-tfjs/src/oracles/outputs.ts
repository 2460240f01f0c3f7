import { concat, reshape, slice, Tensor } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';
import { calling, shown } from '../recording/call-loss.ts';

/** What a model gives: a tensor, or several, whose first axis goes along the samples. */
export type Outputs = Tensor | readonly Tensor[];

/** N x C, the outputs of each sample in a row, and the way back to what the model gave. */
export interface Gathered {
  readonly matrix: Tensor;
  readonly split: (matrix: Tensor) => Outputs;
}

/**
 * Calls the user's function.
 * @throws OverparamError `BAD_OUTPUTS`, `NO_SAMPLES`
 */
export function gather(call: () => Outputs): Gathered {
  const outputs = calling('outputs function', call as () => unknown, check) as Outputs;
  const list = (Array.isArray(outputs) ? outputs : [outputs]) as readonly Tensor[];
  const samples = list[0]!.shape[0]!;
  const shapes = list.map(({ shape }) => shape);
  const widths = list.map(({ size }) => size / samples);
  const columns = list.map((output, i) => reshape(output, [samples, widths[i]!]));
  const split = (matrix: Tensor): Outputs => {
    if (!Array.isArray(outputs)) return reshape(matrix, shapes[0]!);
    let start = 0;
    return widths.map((width, i) => {
      const part = slice(matrix, [0, start], [samples, width]);
      start += width;
      return reshape(part, shapes[i]!);
    });
  };
  return { matrix: columns.length === 1 ? columns[0]! : concat(columns, 1), split };
}

function check(value: unknown): unknown {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const output of list)
    if (!(output instanceof Tensor) || output.rank === 0 || output.dtype !== 'float32')
      throw new OverparamError(
        'BAD_OUTPUTS',
        `The outputs function returned ${shown(output)}: it must return a float32 tensor, or several, whose first axis goes along the samples.`,
      );
  const lengths = (list as Tensor[]).map(({ shape }) => shape[0]!);
  if (list.length === 0 || lengths.some((length) => length !== lengths[0]))
    throw new OverparamError(
      'BAD_OUTPUTS',
      `The outputs function returned tensors of ${lengths.join(', ') || 'no'} samples: all of them must have one row a sample.`,
    );
  if ((list as Tensor[]).some(({ size }) => size === 0))
    throw new OverparamError(
      'NO_SAMPLES',
      'The outputs function returned no outputs: give it a batch of one sample or more.',
    );
  return value;
}
