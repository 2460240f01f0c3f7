import { backend_util, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { asFloat } from './as-float.ts';
import { groupsOf } from './groups.ts';
import { type KernelHost } from './host.ts';
import { type Attributes, axesOf, reductionKernel } from './scalar-reduction.ts';
import { ranges, split } from './split.ts';

const [sum, max, min] = [0, 1, 2];
/** Rows that the kernel adds up before it adds them to what it has. */
const block = 128;

/** Sum, Mean, Max and Min over any axes, without a transpose. */
export function reductionKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  /** One run of neighbouring axes at a time, the innermost first. */
  const reduce = (op: number, x: TensorInfo, axes: readonly number[], keepDims: boolean, scale: number): TensorInfo => {
    const [kept] = backend_util.computeOutAndReduceShapes(x.shape, axes as number[]);
    const shape = keepDims ? backend_util.expandShapeToKeepDim(kept, axes as number[]) : kept;
    const runs = neighbours(axes);
    let current = x;
    for (const [i, [first, last]] of runs.entries()) {
      const from = current;
      const [before, n, behind] = [
        from.shape.slice(0, first),
        util.sizeFromShape(from.shape.slice(first, last + 1)),
        from.shape.slice(last + 1),
      ];
      const [outer, inner] = [util.sizeFromShape(before), util.sizeFromShape(behind)];
      const final = i === runs.length - 1;
      try {
        current = host.make(final ? shape : [...before, ...behind], 'float32', (y) =>
          reduceMiddle(host, op, [host.offset(from), outer, n, inner], final ? scale : 1, host.offset(y)),
        );
      } finally {
        if (from !== x) host.free(from);
      }
    }
    return current === x ? host.alias(x, shape) : current;
  };
  const kernel = (name: string, op: number): KernelFunc => {
    const other = reductionKernel(host, name);
    return (args) => {
      const { x } = args.inputs as unknown as { x: TensorInfo };
      const given = args.attrs as unknown as Attributes;
      if (x.dtype !== 'float32') return other(args);
      return reduce(op, x, axesOf(x, given), given.keepDims ?? false, 1);
    };
  };
  return {
    Sum: kernel('Sum', sum),
    Max: kernel('Max', max),
    Min: kernel('Min', min),
    Mean: ({ inputs, attrs }) => {
      const { x } = inputs as unknown as { x: TensorInfo };
      const { axis, keepDims = false } = attrs as unknown as Attributes;
      const axes = axesOf(x, { axis: axis! });
      const n = axes.reduce((n, d) => n * x.shape[d]!, 1);
      return asFloat(host, x, (x) => reduce(sum, x, axes, keepDims, 1 / n), 'float32');
    },
  };
}

/**
 * The middle axis of [outer, n, inner] at x. Where there is one long sum for each of few results, it is a sum of sums, grouped by
 * the shape alone.
 */
function reduceMiddle(
  host: KernelHost,
  op: number,
  [x, outer, n, inner]: readonly [x: number, outer: number, n: number, inner: number],
  scale: number,
  y: number,
): void {
  const cost = outer * n * inner;
  const groups = outer === 1 ? Math.min(groupsOf(cost), Math.max(1, Math.floor(n / block))) : 1;
  if (groups === 1) {
    split(host, 'reduce', { items: outer, grain: inner < 16 ? 16 : 1, cost }, (first, count) => [
      ...[op, x + 4 * first * n * inner, count, n, inner, scale, y + 4 * first * inner],
    ]);
    return;
  }
  const shared = (
    kernel: 'total' | 'reduce',
    args: (row: number, rows: number, group: number) => readonly number[],
  ): void => host.share(kernel, cost, (_, compute) => compute(ranges(n, groups, block, args)));
  if (inner === 1 && op === sum) {
    // The sum of all numbers stays in float64 until it is done.
    host.scratch(8 * groups, (at) => {
      shared('total', (row, rows, group) => [x + 4 * row, rows, at + 8 * group]);
      host.run('sumTotals', [at, groups, Math.fround(scale), y]);
    });
    return;
  }
  host.scratch(4 * groups * inner, (at) => {
    shared('reduce', (row, rows, group) => [op, x + 4 * row * inner, 1, rows, inner, 1, at + 4 * group * inner]);
    host.run('reduce', [op, at, 1, groups, inner, scale, y]);
  });
}

/** Runs of neighbouring axes, [first, last] each, the innermost first. */
function neighbours(axes: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const axis of axes) {
    const run = runs[runs.length - 1];
    if (run && run[1] === axis - 1) run[1] = axis;
    else runs.push([axis, axis]);
  }
  return runs.reverse();
}
