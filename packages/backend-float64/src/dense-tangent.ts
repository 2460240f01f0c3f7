import type { Matrix } from '@overparam/core';
import { gram, matrix, multiply } from '@overparam/linear-algebra';
import { product, weightsOf, type LayerPass, type PlacedLayer } from './dense-layer.ts';
import type { Tangent } from './model.ts';
import { size, type Range } from './modules.ts';
import { rowsOf } from './rows.ts';

/**
 * The derivatives of a dense network.
 *
 * With a^l the inputs of layer l, N x n_l, and B^l_nk = d f_nk / d z^l_n the sensitivities of the outputs to its
 * pre-activations, N C x n_{l+1}, which obey B^L_nk = e_k s'(z^L_nk), B^{l-1}_nk = (scale_l B^l_nk W_l^T) * s'(z^{l-1}_n):
 *
 *     (J J^T)_{nk,mj} = sum_l (scale_l^2 a^l_n . a^l_m + [bias]) (B^l_nk . B^l_mj)
 */
export function denseTangent(
  forward: () => { readonly outputs: Matrix; readonly passes: readonly LayerPass[] },
): Tangent {
  const selected = (ranges: readonly Range[]): number[] =>
    forward().passes.flatMap(({ layer }, l) => (includes(ranges, layer.range) ? [l] : []));

  const known: (Matrix | undefined)[] = [];
  /** B^l, computed down to the layer that is asked for. */
  const sensitivities = (l: number): Matrix => {
    const { passes, outputs } = forward();
    const c = outputs.columns;
    const { slope } = passes[l]!;
    if (known[l]) return known[l];
    if (l === passes.length - 1) {
      const B = matrix(slope.rows * c, c);
      slope.data.forEach((s, i) => (B.data[i * c + (i % c)] = s));
      return (known[l] = B);
    }
    const above = passes[l + 1]!;
    const B = multiply(sensitivities(l + 1), above.W, { transposeB: true });
    const { columns: width } = B;
    for (let i = 0; i < B.rows; i++) {
      const n = Math.floor(i / c);
      for (let j = 0; j < width; j++) B.data[i * width + j]! *= above.layer.scale * slope.data[n * width + j]!;
    }
    return (known[l] = B);
  };

  return {
    get outputs() {
      return forward().outputs;
    },

    pull(u, ranges) {
      const { passes } = forward();
      const out = new Float64Array(passes.at(-1)!.layer.range[1]);
      const lowest = selected(ranges)[0] ?? passes.length;
      let above: Matrix | undefined;
      for (let l = passes.length - 1; l >= lowest; l--) {
        const { layer, a, slope } = passes[l]!;
        const back = above ? timesTransposed(above, passes[l + 1]!) : u;
        // E^l = sum_k u_nk B^l_nk
        const E: Matrix = { ...back, data: back.data.map((x, i) => x * slope.data[i]!) };
        above = E;
        if (!includes(ranges, layer.range)) continue;
        const { kernel, bias } = weightsOf(layer, out);
        product(a, E, { transposeA: true }).data.forEach((x, i) => (kernel.data[i] = layer.scale * x));
        if (bias) E.data.forEach((x, i) => (bias[i % layer.units]! += x));
      }
      return out;
    },

    push(v, ranges) {
      const { passes } = forward();
      let dot: Matrix | undefined;
      for (const { layer, a, W, slope } of passes) {
        const z = matrix(a.rows, layer.units);
        const add = (term: Matrix): void => term.data.forEach((x, i) => (z.data[i]! += layer.scale * x));
        if (dot) add(product(dot, W));
        if (includes(ranges, layer.range)) {
          const { kernel, bias } = weightsOf(layer, v);
          add(product(a, kernel));
          if (bias) z.data.forEach((_, i) => (z.data[i]! += bias[i % layer.units]!));
        }
        dot = { ...z, data: z.data.map((x, i) => x * slope.data[i]!) };
      }
      return dot!;
    },

    kernel(ranges, samples, weights) {
      const { passes, outputs } = forward();
      const c = outputs.columns;
      const rows = (a: Matrix, each: number): Matrix => (samples ? rowsOf(a, samples, each) : a);
      const n = samples?.length ?? outputs.rows;
      const K = matrix(n * c, n * c);
      for (const l of selected(ranges)) {
        const { layer } = passes[l]!;
        const a = rows(passes[l]!.a, 1);
        const B = rows(sensitivities(l), c);
        if (weights) addWeighted(K, layer, a, B, weights);
        else addHadamard(K, layer, gram(a), gram(B), c);
      }
      return K;
    },

    squaredColumnNorms(ranges) {
      const { passes, outputs } = forward();
      const c = outputs.columns;
      const out = new Float64Array(passes.at(-1)!.layer.range[1]);
      for (const l of selected(ranges)) {
        const { layer, a } = passes[l]!;
        const B = sensitivities(l);
        const sums = matrix(a.rows, layer.units);
        B.data.forEach((b, i) => {
          const n = Math.floor(i / (c * layer.units));
          sums.data[n * layer.units + (i % layer.units)]! += b ** 2;
        });
        const { kernel, bias } = weightsOf(layer, out);
        const squares: Matrix = { ...a, data: a.data.map((x) => (layer.scale * x) ** 2) };
        kernel.data.set(multiply(squares, sums, { transposeA: true }).data);
        if (bias) sums.data.forEach((x, i) => (bias[i % layer.units]! += x));
      }
      return out;
    },

    jacobian(ranges) {
      const { passes, outputs } = forward();
      const c = outputs.columns;
      const J = matrix(outputs.rows * c, size(ranges));
      let column = 0;
      for (const l of selected(ranges)) {
        const { layer, a } = passes[l]!;
        const B = sensitivities(l);
        const { inputs, units, scale } = layer;
        for (let i = 0; i < J.rows; i++) {
          const n = Math.floor(i / c);
          let at = i * J.columns + column;
          for (let p = 0; p < inputs; p++)
            for (let j = 0; j < units; j++) J.data[at++] = scale * a.data[n * inputs + p]! * B.data[i * units + j]!;
          if (layer.bias) for (let j = 0; j < units; j++) J.data[at++] = B.data[i * units + j]!;
        }
        column += layer.range[1] - layer.range[0];
      }
      return J;
    },
  };
}

const includes = (ranges: readonly Range[], [from, to]: Range): boolean =>
  ranges.some(([a, b]) => a <= from && to <= b);

/** scale E W^T */
function timesTransposed(E: Matrix, { W, layer: { scale } }: LayerPass): Matrix {
  const EW = product(E, W, { transposeB: true });
  return { ...EW, data: EW.data.map((x) => scale * x) };
}

/** K += (scale^2 A + [bias]) * B, each element of A for c x c elements of B. */
function addHadamard(K: Matrix, { scale, bias }: PlacedLayer, A: Matrix, B: Matrix, c: number): void {
  const { columns } = K;
  for (let i = 0; i < columns; i++) {
    const row = Math.floor(i / c) * A.columns;
    for (let j = 0; j < columns; j++) {
      const factor = scale ** 2 * A.data[row + Math.floor(j / c)]! + (bias ? 1 : 0);
      K.data[i * columns + j]! += factor * B.data[i * columns + j]!;
    }
  }
}

/** K += J diag(weights) J^T over the parameters of one layer, a unit at a time: a scaling breaks the Hadamard product. */
function addWeighted(K: Matrix, layer: PlacedLayer, a: Matrix, B: Matrix, weights: Float64Array): void {
  const { inputs, units, scale } = layer;
  const { kernel, bias } = weightsOf(layer, weights);
  const c = B.rows / a.rows;
  for (let j = 0; j < units; j++) {
    const block = matrix(B.rows, inputs + (bias ? 1 : 0));
    for (let i = 0; i < B.rows; i++) {
      const b = B.data[i * units + j]!;
      const from = Math.floor(i / c) * inputs;
      for (let p = 0; p < inputs; p++)
        block.data[i * block.columns + p] = scale * a.data[from + p]! * b * Math.sqrt(kernel.data[p * units + j]!);
      if (bias) block.data[i * block.columns + inputs] = b * Math.sqrt(bias[j]!);
    }
    gram(block).data.forEach((x, i) => (K.data[i]! += x));
  }
}
