import { badOption, OverparamError, type Matrix, withDefaults } from '@overparam/core';
import { type Setting } from '../problem.ts';
import { copied, squaredNorm, squaredSpeeds, type Lifted, type Motion } from './motion.ts';
import { flowDefaults, particleFlow, type Flow, type FlowOptions } from './particle-flow.ts';

export type Retraction = 'mirror' | 'canonical' | 'geodesic';

export interface ConicOptions extends FlowOptions {
  /** How fast mass grows and shrinks: 0 for pure transport. */
  readonly alpha?: number;
  /** How fast mass travels: 0 for the Fisher-Rao flow, mirror descent on fixed positions. */
  readonly beta?: number;
  readonly retraction?: Retraction;
}

/** The three ways to follow (r', x') = (-2 alpha r J', -beta grad J') for a time tau. */
export function conicMotion(
  { domain, regularizer }: Setting,
  alpha: number,
  beta: number,
  retraction: Retraction,
): Motion {
  const { lambda } = regularizer;
  for (const [name, value] of [['alpha', alpha] as const, ['beta', beta] as const])
    if (!(value >= 0 && value < Infinity)) throw badOption(name, value, 'a finite number >= 0');
  if (alpha + beta === 0) throw badOption('alpha', alpha, 'a number > 0, or else beta: with both 0 nothing moves');
  if (!['mirror', 'canonical', 'geodesic'].includes(retraction))
    throw badOption('retraction', retraction, "'mirror', 'canonical' or 'geodesic'");
  if (retraction === 'geodesic' && alpha * beta === 0)
    throw badOption('retraction', retraction, "'mirror' or 'canonical' where alpha or beta is 0");
  if (regularizer.kind !== 'total-variation')
    throw new OverparamError(
      'BAD_OPTION',
      `A conic flow takes the total variation, not ${regularizer.name}: use the explicit flow.`,
    );

  /** The geodesic from (r, x) by (r growth, v) in the metric dr^2 / alpha + r^2 / beta dx^2: straight in a plane sector. */
  const scale = Math.sqrt(alpha / beta);
  const geodesic = (to: Lifted, i: number, growth: number, v: Matrix, tau: number): void => {
    const angle = tau * scale * Math.sqrt(squaredNorm(v, i));
    to.amplitudes[i]! *= Math.hypot(1 + growth, angle);
    const stretch = angle > 0 ? Math.atan2(angle, 1 + growth) / angle : 1;
    for (let k = i * v.columns; k < (i + 1) * v.columns; k++) v.data[k]! *= stretch;
  };

  return {
    name: 'conic',
    multiplicative: true,
    weight: (r) => r * Math.abs(r),
    amplitude: (w) => Math.sign(w) * Math.sqrt(Math.abs(w)),
    path(from, { values, gradients }) {
      const r = from.amplitudes;
      const { rows: m, columns: d } = from.positions;
      const v = { rows: m, columns: d, data: new Float64Array(m * d) };
      for (let i = 0, k = 0; i < m; i++) {
        const factor = -beta * Math.sign(r[i]!);
        for (let j = 0; j < d; j++, k++) v.data[k] = factor * gradients.data[k]!;
      }
      domain.tangent(from.positions, v);
      /** J'_i = s_i R'(mu)(x_i) + lambda */
      const derivative = (i: number): number => Math.sign(r[i]!) * values[i]! + lambda;
      return {
        end(tau) {
          const to = copied(from);
          const along = retraction === 'geodesic' ? { ...v, data: v.data.slice() } : v;
          for (let i = 0; i < m; i++) {
            const growth = -2 * alpha * tau * derivative(i);
            if (retraction === 'mirror') to.amplitudes[i]! *= Math.exp(growth);
            // Past the apex of the cone there is nothing: a particle that would cross it stops there.
            else if (retraction === 'canonical') to.amplitudes[i]! *= Math.max(0, 1 + growth);
            else geodesic(to, i, growth, along, tau);
          }
          if (beta > 0) domain.exponential(to.positions, along, tau);
          return to;
        },
        squaredSpeeds: () =>
          squaredSpeeds(
            m,
            (i) => r[i]! ** 2 * (4 * alpha * derivative(i) ** 2 + (beta > 0 ? squaredNorm(v, i) / beta : 0)),
          ),
      };
    },
  };
}

/**
 * The Wasserstein-Fisher-Rao gradient flow in conic coordinates, mu = 1/m sum_i r_i |r_i| delta(x_i):
 * r' = -2 alpha r J', x' = -beta sign(r) grad R'(mu)(x), with J' = sign(r) R'(mu)(x) + lambda. Both from the old mu.
 * arXiv 1907.10300, section 2 and Algorithm 1.
 *
 * - `mirror` (the default): r <- r exp(-2 alpha tau J'), x <- exp_x(tau x')
 * - `canonical`: r <- r (1 - 2 alpha tau J'), and the same in x
 * - `geodesic`: along the geodesic of the cone metric dr^2 / alpha + r^2 / beta dx^2
 *
 * The step tau multiplies alpha and beta, and is 1 by default. A sign never changes, and r = 0 stays.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, and as {@link checkMeasure} for the start
 */
export function conic(setting: Setting, given: ConicOptions): Flow {
  const { alpha, beta, retraction, ...options } = withDefaults<ConicOptions>(
    'conic',
    { ...flowDefaults, step: 1, alpha: 1, beta: 1, retraction: 'mirror' },
    given,
  );
  return particleFlow(conicMotion(setting, alpha, beta, retraction), setting, options, { alpha, beta, retraction });
}
