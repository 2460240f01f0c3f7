import { badOption, required, withDefaults } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { type Features } from './features.ts';
import { pointwise } from './pointwise.ts';

export interface GaussianBumpOptions {
  /** t_1..t_N: where the bump is sampled. */
  readonly samples: readonly (readonly number[])[];
  /** sigma, its standard deviation. */
  readonly width: number;
}

/**
 * A Gaussian bump around x, sampled at t_n: phi(x)_n = exp(-|x - t_n|^2 / (2 sigma^2)).
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function gaussianBumps(options: GaussianBumpOptions): Features {
  const { samples, width } = withDefaults<GaussianBumpOptions>(
    'gaussianBumps',
    { samples: required, width: required },
    options,
  );
  positive('width', width);
  const d = samples[0]?.length ?? 0;
  samples.forEach((t, n) => {
    if (t.length !== d || !t.every(Number.isFinite))
      throw badOption(`samples[${n}]`, `[${t.join(', ')}]`, `${d} finite numbers`);
  });
  const N = samples.length;
  const bump = (x: Float64Array, t: readonly number[]): number => {
    let square = 0;
    for (let k = 0; k < d; k++) square += (x[k]! - t[k]!) ** 2;
    return Math.exp(-square / (2 * width * width));
  };
  return pointwise({
    name: 'Gaussian bumps',
    dimension: d,
    size: N,
    phi(x, out) {
      for (let n = 0; n < N; n++) out[n] = bump(x, samples[n]!);
    },
    derivative(x, out) {
      for (let n = 0; n < N; n++) {
        const t = samples[n]!;
        const scale = bump(x, t) / (width * width);
        for (let k = 0; k < d; k++) out[k * N + n] = scale * (t[k]! - x[k]!);
      }
    },
  });
}
