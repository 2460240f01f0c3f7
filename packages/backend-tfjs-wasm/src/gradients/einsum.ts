import { einsum, type GradConfig, mul, ones, reshape, type Tensor } from '@tensorflow/tfjs-core';

/**
 * The gradient in one input is the einsum of dy with the other inputs, onto that input's own subscripts. A subscript that no
 * other term has was summed away alone: along it the gradient is constant.
 */
export const einsumGradient: GradConfig = {
  kernelName: 'Einsum',
  saveAllInputs: true,
  gradFunc: (dy, saved, attrs) => {
    const { equation } = attrs as { equation: string };
    const [left, out] = equation.replace(/\s/g, '').split('->') as [string, string];
    const terms = left.split(',');
    return Object.fromEntries(
      terms.map((term, i) => [
        i,
        () => {
          const others = terms.filter((_, j) => j !== i);
          const known = [...term].filter((s) => out.includes(s) || others.some((other) => other.includes(s))).join('');
          const tensors = [dy as Tensor, ...saved.filter((_, j) => j !== i)];
          const part = einsum(`${[out, ...others].join(',')}->${known}`, ...tensors);
          const shape = saved[i]!.shape;
          if (known === term) return part;
          const expanded = reshape(
            part,
            [...term].map((s, d) => (known.includes(s) ? shape[d]! : 1)),
          );
          return mul(expanded, ones(shape));
        },
      ]),
    );
  },
};
