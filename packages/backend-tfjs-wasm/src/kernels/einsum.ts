import { backend_util, type KernelFunc, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { call } from './call.ts';
import { type KernelHost } from './host.ts';
import { matMul } from './matmul.ts';

/** A tensor and the subscript of each of its axes. */
interface Term {
  readonly tensor: TensorInfo;
  readonly axes: readonly string[];
}

/** Einsum of one or two tensors: sums, then one product of matrices in batches, and transposes where nothing else will do. */
export function einsumKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  return {
    Einsum: ({ inputs, attrs }) => {
      const { equation } = attrs as unknown as { equation: string };
      const tensors = Object.values(inputs as unknown as Record<string, TensorInfo>);
      const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, tensors.length);
      // Of the tensors, it reads the shapes alone.
      backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as unknown as Tensor[]);
      const made: TensorInfo[] = [];
      /** Sums of bools are whole numbers. */
      const counted = (x: TensorInfo): TensorInfo => {
        if (x.dtype !== 'bool') return x;
        made.push(call(host, 'Cast', { x }, { dtype: 'int32' }));
        return made[made.length - 1]!;
      };
      try {
        const result = einsum(host, equation.replace(/\s/g, ''), tensors.map(counted), made);
        // The result is the one that must outlive this call.
        return host.alias(result, result.shape);
      } finally {
        made.forEach((tensor) => host.free(tensor));
      }
    },
  };
}

function einsum(host: KernelHost, equation: string, tensors: readonly TensorInfo[], made: TensorInfo[]): TensorInfo {
  const [left = '', right = ''] = equation.split('->');
  const terms = left.split(',').map((axes, i): Term => ({ tensor: tensors[i]!, axes: [...axes] }));
  const out = [...right];
  const sizes = new Map(terms.flatMap(({ tensor, axes }) => axes.map((axis, d) => [axis, tensor.shape[d]!] as const)));
  const run = (name: string, x: TensorInfo, attrs: object): TensorInfo => {
    const y = call(host, name, { x }, attrs);
    made.push(y);
    return y;
  };
  const reshape = (tensor: TensorInfo, axes: readonly string[], shape: number[]): Term => {
    made.push(host.alias(tensor, shape));
    return { tensor: made[made.length - 1]!, axes };
  };
  /** Without the axes that only this term has. */
  const summed = ({ tensor, axes }: Term, needed: readonly string[]): Term => {
    const alone = axes.filter((axis) => !needed.includes(axis));
    if (alone.length === 0) return { tensor, axes };
    const y = run('Sum', tensor, { axis: alone.map((axis) => axes.indexOf(axis)), keepDims: false });
    return { tensor: y, axes: axes.filter((axis) => needed.includes(axis)) };
  };
  const ordered = ({ tensor, axes }: Term, order: readonly string[]): TensorInfo =>
    axes.join() === order.join() ? tensor : run('Transpose', tensor, { perm: order.map((axis) => axes.indexOf(axis)) });

  if (terms.length === 1) return ordered(summed(terms[0]!, out), out);
  const [a, b] = terms.map((term, i) => summed(term, [...out, ...terms[1 - i]!.axes])) as [Term, Term];
  const batch = out.filter((axis) => a.axes.includes(axis) && b.axes.includes(axis));
  const inner = a.axes.filter((axis) => b.axes.includes(axis) && !out.includes(axis));
  const rows = out.filter((axis) => a.axes.includes(axis) && !b.axes.includes(axis));
  const columns = out.filter((axis) => b.axes.includes(axis) && !a.axes.includes(axis));
  const size = (axes: readonly string[]): number => axes.reduce((product, axis) => product * sizes.get(axis)!, 1);

  const [x, y] = [batched(a, rows), batched(b, inner)];
  const product = matMul(host, { a: x.tensor, b: y.tensor, transposeA: !x.leads, transposeB: !y.leads });
  made.push(product);
  const axes = [...batch, ...rows, ...columns];
  return ordered(
    reshape(
      product,
      axes,
      axes.map((axis) => sizes.get(axis)!),
    ),
    out,
  );

  /** A term as a batch of matrices, those with the axes `lead` as rows or as columns, whichever it already is. */
  function batched(term: Term, lead: readonly string[]): { readonly tensor: TensorInfo; readonly leads: boolean } {
    const rest = term.axes.filter((axis) => !batch.includes(axis) && !lead.includes(axis));
    const behind = term === a ? inner : columns;
    const leads = term.axes.join() !== [...batch, ...behind, ...lead].join() || rest.length === 0;
    const tensor = ordered(term, leads ? [...batch, ...lead, ...behind] : term.axes);
    const matrix = leads ? [size(lead), size(behind)] : [size(behind), size(lead)];
    return { tensor: reshape(tensor, [], [size(batch), ...matrix]).tensor, leads };
  }
}
