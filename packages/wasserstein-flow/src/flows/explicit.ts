import { badOption, type Matrix, type Variation, withDefaults } from '@overparam/core';
import { type Setting } from '../problem.ts';
import { copied, squaredNorm, squaredSpeeds, type Lifted, type Motion, type Moves } from './motion.ts';
import { flowDefaults, particleFlow, type Flow, type FlowOptions } from './particle-flow.ts';

export interface ExplicitOptions extends FlowOptions {
  /** Which coordinates move; positions alone for a flow of mass that is neither made nor lost. */
  readonly moves?: Moves;
}

/** w' = dw, x' = dx */
interface Velocity {
  readonly dw: Float64Array;
  readonly dx: Matrix;
}

/** -m d F_m without V: -R'(mu)(x_i) in w_i, and -w_i grad R'(mu)(x_i), tangent to the domain, in x_i. */
export function force(
  { domain }: Setting,
  { positions, amplitudes: w }: Lifted,
  at: Variation,
  moves: Moves,
): Velocity {
  const { rows: m, columns: d } = positions;
  const dw = new Float64Array(m);
  const dx = { rows: m, columns: d, data: new Float64Array(m * d) };
  if (moves !== 'positions') for (let i = 0; i < m; i++) dw[i] = -at.values[i]!;
  if (moves !== 'weights') {
    for (let i = 0; i < dx.data.length; i++) dx.data[i] = -w[(i / d) | 0]! * at.gradients.data[i]!;
    domain.tangent(positions, dx);
  }
  return { dw, dx };
}

export function checkMoves(moves: Moves): void {
  if (!['both', 'positions', 'weights'].includes(moves))
    throw badOption('moves', moves, "'both', 'positions' or 'weights'");
}

/** Motion by the velocity itself. */
export function explicitMotion(setting: Setting, moves: Moves): Motion {
  const { domain, regularizer } = setting;
  checkMoves(moves);
  return {
    name: 'explicit',
    weight: (w) => w,
    amplitude: (w) => w,
    path(from, at) {
      const { dw, dx } = force(setting, from, at, moves);
      regularizer.subtract(from.amplitudes, from.positions, dw, dx.data);
      if (moves === 'positions') dw.fill(0);
      if (moves === 'weights') dx.data.fill(0);
      else domain.tangent(from.positions, dx);
      return {
        end(tau) {
          const to = copied(from);
          for (let i = 0; i < dw.length; i++) {
            const w = to.amplitudes[i]! + tau * dw[i]!;
            to.amplitudes[i] = regularizer.positive ? Math.max(0, w) : w;
          }
          if (moves !== 'weights') domain.exponential(to.positions, dx, tau);
          return to;
        },
        squaredSpeeds: () => squaredSpeeds(dw.length, (i) => dw[i]! ** 2 + squaredNorm(dx, i)),
      };
    },
  };
}

/**
 * The Wasserstein gradient flow, by Euler's explicit method: u_i <- u_i - tau m d_{u_i} F_m(u) for u_i = (w_i, x_i), with
 * the subgradient of least norm where V has several. arXiv 1805.09545, section 2.2.
 *
 * With the total variation a weight near 0 oscillates by tau lambda; `forwardBackward` does not.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, and as {@link checkMeasure} for the start
 */
export function explicit(setting: Setting, given: ExplicitOptions): Flow {
  const { moves, ...options } = withDefaults<ExplicitOptions>('explicit', { ...flowDefaults, moves: 'both' }, given);
  return particleFlow(explicitMotion(setting, moves), setting, options, { moves });
}
