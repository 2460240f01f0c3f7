import {
  add,
  cumprod,
  cumsum,
  type GradConfig,
  mul,
  reverse,
  stack,
  type Tensor,
  unstack,
  zerosLike,
} from '@tensorflow/tfjs-core';

interface Attributes {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** tfjs-core transposes the gradient once more where the axis is not the last. */
const cumsumGradient: GradConfig = {
  kernelName: 'Cumsum',
  gradFunc: (dy, _saved, attrs) => {
    const { axis, exclusive, reverse } = attrs as unknown as Attributes;
    return { x: () => cumsum(dy as Tensor, axis, exclusive, !reverse) };
  },
};

/**
 * dx_j = (x_0 ... x_{j-1}) s_j with s_j = dy_j + x_{j+1} s_{j+1}: no division, so zeros in x do no harm.
 * Exclusive: y_i = x_0 ... x_{i-1}, hence s_j = dy_{j+1} + x_{j+1} s_{j+1}.
 */
const cumprodGradient: GradConfig = {
  kernelName: 'Cumprod',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const { axis, exclusive, reverse: backward } = attrs as unknown as Attributes;
    const turn = (t: Tensor): Tensor => (backward ? reverse(t, axis) : t);
    return {
      x: () => {
        const [x, y] = [turn(saved[0]!), turn(dy as Tensor)];
        const [xs, dys] = [unstack(x, axis), unstack(y, axis)];
        const s: Tensor[] = [];
        for (let j = xs.length - 1; j >= 0; j--) {
          const later = j + 1 < xs.length ? mul(xs[j + 1]!, s[j + 1]!) : zerosLike(xs[j]!);
          s[j] = exclusive && j + 1 === xs.length ? later : add(dys[exclusive ? j + 1 : j]!, later);
        }
        return turn(mul(cumprod(x, axis, true), stack(s, axis)));
      },
    };
  },
};

/** Cumsum and Cumprod. */
export const cumulativeGradients: readonly GradConfig[] = [cumsumGradient, cumprodGradient];
