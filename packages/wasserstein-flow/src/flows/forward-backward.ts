import { OverparamError, withDefaults } from '@overparam/core';
import { type Setting } from '../problem.ts';
import { checkMoves, force, type ExplicitOptions } from './explicit.ts';
import { copied, squaredNorm, squaredSpeeds, type Lifted, type Motion, type Moves } from './motion.ts';
import { flowDefaults, particleFlow, type Flow } from './particle-flow.ts';

/** Motion by the force, and then by the proximal step of V. */
export function forwardBackwardMotion(setting: Setting, moves: Moves): Motion {
  const { domain, regularizer } = setting;
  checkMoves(moves);
  if (!regularizer.proximal)
    throw new OverparamError(
      'BAD_OPTION',
      `The regulariser ${regularizer.name} has no proximal step: use the explicit flow.`,
    );
  return {
    name: 'forward-backward',
    weight: (w) => w,
    amplitude: (w) => w,
    path(from, at) {
      const { dw, dx } = force(setting, from, at, moves);
      const end = (tau: number): Lifted => {
        const to = copied(from);
        for (let i = 0; i < dw.length; i++) to.amplitudes[i]! += tau * dw[i]!;
        if (moves !== 'weights') domain.exponential(to.positions, dx, tau);
        regularizer.proximal!(tau, to.amplitudes, to.positions);
        if (moves === 'weights') to.positions.data.set(from.positions.data);
        if (moves === 'positions') to.amplitudes.set(from.amplitudes);
        return to;
      };
      return {
        end,
        squaredSpeeds(tau) {
          const { positions, amplitudes } = end(tau);
          for (let i = 0; i < amplitudes.length; i++) amplitudes[i] = (amplitudes[i]! - from.amplitudes[i]!) / tau;
          for (let i = 0; i < positions.data.length; i++)
            positions.data[i] = (positions.data[i]! - from.positions.data[i]!) / tau;
          return squaredSpeeds(amplitudes.length, (i) => amplitudes[i]! ** 2 + squaredNorm(positions, i));
        },
      };
    },
  };
}

/**
 * The Wasserstein gradient flow by forward-backward steps: explicit in R, implicit in V; both from the old y. With the
 * total variation w <- soft(w - tau R'(mu)(x), tau lambda), so weights reach 0 and stay there. arXiv 1805.09545,
 * section 4.1.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, and as {@link checkMeasure} for the start
 */
export function forwardBackward(setting: Setting, given: ExplicitOptions): Flow {
  const { moves, ...options } = withDefaults<ExplicitOptions>(
    'forwardBackward',
    { ...flowDefaults, moves: 'both' },
    given,
  );
  return particleFlow(forwardBackwardMotion(setting, moves), setting, options, { moves });
}
