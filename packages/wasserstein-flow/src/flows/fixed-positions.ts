import { withDefaults } from '@overparam/core';
import { type Setting } from '../problem.ts';
import { forwardBackward } from './forward-backward.ts';
import { copied, squaredSpeeds, type Motion } from './motion.ts';
import { flowDefaults, particleFlow, type Flow, type FlowOptions } from './particle-flow.ts';

/**
 * ISTA over fixed positions, the convex counterpart of a flow: w <- soft(w - tau R'(mu)(x), tau lambda) for mu = 1/m
 * sum_i w_i delta(x_i). Daubechies, Defrise and De Mol (2004), with the 1/m of the particles.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, and as {@link checkMeasure} for the start
 */
export const ista = (setting: Setting, options: FlowOptions): Flow => ({
  ...forwardBackward(setting, { ...withDefaults('ista', flowDefaults, options), moves: 'weights' }),
  name: 'ista',
});

/**
 * Mirror descent over fixed positions: w <- w exp(-2 tau J'), J' = sign(w) R'(mu)(x) + lambda, for mu = 1/m sum_i w_i
 * delta(x_i). The conic flow with beta = 0 is the same with twice the step. arXiv 1907.10300, section 4.1.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, and as {@link checkMeasure} for the start
 */
export const mirrorDescent = (setting: Setting, options: FlowOptions): Flow => {
  const { lambda } = setting.regularizer;
  const motion: Motion = {
    name: 'mirror-descent',
    multiplicative: true,
    weight: (w) => w,
    amplitude: (w) => w,
    path(from, { values }) {
      const w = from.amplitudes;
      const derivative = (i: number): number => Math.sign(w[i]!) * values[i]! + lambda;
      return {
        end(tau) {
          const to = copied(from);
          for (let i = 0; i < w.length; i++) to.amplitudes[i]! *= Math.exp(-2 * tau * derivative(i));
          return to;
        },
        squaredSpeeds: () => squaredSpeeds(w.length, (i) => 2 * Math.abs(w[i]!) * derivative(i) ** 2),
      };
    },
  };
  return particleFlow(motion, setting, options);
};
