import type { Graph, Source } from '../../recording/graph.ts';

/** A parameter, as it enters a kernel: the variable's own numbers in their order, or its transpose. */
export interface ParameterView {
  readonly variable: number;
  readonly transposed: boolean;
}

const sameOrder = new Set(['Reshape', 'Identity', 'ExpandDims', 'Cast', 'Slice']);

/** Follows a source back to a variable through kernels that only rename or transpose it. */
export function parameterViews(graph: Graph): (source: Source) => ParameterView | undefined {
  const known = new Map<number, ParameterView | undefined>();
  const viewOf = (source: Source): ParameterView | undefined => {
    if ('variable' in source) return { variable: source.variable, transposed: false };
    if (!('step' in source)) return undefined;
    if (!known.has(source.step)) known.set(source.step, through(source.step));
    return known.get(source.step);
  };
  const through = (step: number): ParameterView | undefined => {
    const { name, inputs, attrs } = graph.steps[step]!;
    const [input] = Object.values(inputs).flat() as Source[];
    if (!input || (!sameOrder.has(name) && name !== 'Transpose')) return undefined;
    const view = viewOf(input);
    if (!view) return undefined;
    const before = graph.valueOf(input);
    const after = graph.valueOf({ step, output: 0 });
    // A slice may be all of it.
    if (before.dtype !== after.dtype || before.size !== after.size) return undefined;
    if (name !== 'Transpose') {
      const renamed = !view.transposed || String(withoutOnes(before.shape)) === String(withoutOnes(after.shape));
      return renamed ? view : undefined;
    }
    const perm = attrs!['perm'] as readonly number[];
    const moved = perm.filter((axis) => before.shape[axis] !== 1);
    if (moved.every((axis, i) => i === 0 || axis > moved[i - 1]!)) return view;
    return moved.length === 2 ? { ...view, transposed: !view.transposed } : undefined;
  };
  return viewOf;
}

const withoutOnes = (shape: readonly number[]): number[] => shape.filter((length) => length !== 1);
