import * as Plot from '@observablehq/plot';
import { runAsync } from '@overparam/core';
import { alternatingGrid, circle, conic, totalVariation, type Certificate } from '@overparam/wasserstein-flow';
import { colorOf, framed, linearAxis, type Point } from 'overparam/figures';
import { element } from '../../elements.ts';
import { inWorker } from '../../in-worker.ts';
import { liveFigure } from '../../live-figure.ts';
import type { Room, Run } from '../../room.ts';
import type { Settings } from '../../settings.ts';
import type { Look, ParticlesOracle } from './questions.ts';
import { ring } from './ring.ts';
import { onCircle, readSpikes, writeSpikes } from './spikes.ts';

const fields = {
  spikes: {
    kind: 'text',
    label: 'Spikes, angle:weight (empty: drawn from the seed)',
    initial: '',
    read: (text: string) => readSpikes(text, 0),
  },
  seed: { kind: 'number', label: 'Seed', initial: 1, least: 0, most: 1e6, whole: true },
  lambda: { kind: 'number', label: 'λ', initial: 0.05, least: 0.001, most: 1 },
  particles: { kind: 'number', label: 'Particles', initial: 40, least: 2, most: 400, whole: true },
  pace: { kind: 'number', label: 'Steps a frame', initial: 1, least: 1, most: 100, whole: true },
} as const;

/** A gap below this is closed: the rest is rounding. */
const closed = 1e-10;

export const room: Room<typeof fields> = {
  title: 'Particles find spikes on a circle',
  about: [
    'Spikes on a circle are seen through frequencies up to 4 alone. A conic particle flow, mass and place together, looks for a measure μ of least J(μ) = ½ |what is seen of μ − what is seen of the spikes|² + λ |μ|. Outwards is positive, inwards negative.',
    'The certificate η proves how far from the best of all measures μ can be at most: once |η| ≤ 1 everywhere, and 1 in size where μ has mass, the gap is closed. Drag a spike while the flow runs: η breaks out of its band, and is driven back. With the keyboard: Tab to a spike, and the arrow keys.',
  ],
  fields,
  furnish(place, page) {
    const truthOf = ({ spikes, seed }: Settings<typeof fields>) => readSpikes(spikes, seed);
    let current: { aim(truth: ReturnType<typeof truthOf>): void } | undefined;
    const picture = ring((truth) => {
      // A run continues with the new spikes; without a run, everything restarts.
      page.set({ spikes: writeSpikes(truth) }, current !== undefined);
      current?.aim(truth);
    });
    const eta = liveFigure('certificate', 'Certificate η');
    const gap = liveFigure('gap', 'Gap');
    const energy = liveFigure('energy', 'Energy');
    place.append(
      element(
        'div',
        { class: 'figures' },
        element('figure', { id: 'ring' }, element('figcaption', {}, element('h2', {}, 'Spikes and particles')), picture.element), // prettier-ignore
        eta.element,
        gap.element,
        energy.element,
      ),
    );
    const show = (gaps: readonly Point[], energies: readonly Point[], look?: Look, at?: readonly number[]): void => {
      const line = { x: 'step', of: 'curve', dots: false } as const;
      gap.show({ ...line, name: 'gap', title: 'Gap', y: 'J(μ) − min J is at most', scale: 'log', series: [{ label: 'gap', points: gaps }] }); // prettier-ignore
      energy.show({ ...line, name: 'energy', title: 'Energy', y: 'J(μ)', scale: 'log', series: [{ label: 'J', points: energies }] }); // prettier-ignore
      const values = [...(look?.eta ?? [])].map((y, i, { length }) => ({ x: (2 * Math.PI * i) / (length - 1), y }));
      eta.showDrawn(
        (size) =>
          framed(
            {
              x: { ...linearAxis('x', 'angle (rad)'), domain: [0, 2 * Math.PI] },
              y: { ...linearAxis('y', 'η'), domain: [-1.6, 1.6], clamp: true },
              marks: [
                Plot.ruleY([-1, 1], { stroke: 'var(--ink)', strokeDasharray: '4 3' }),
                Plot.lineY(values, { x: 'x', y: 'y', stroke: colorOf(0), strokeWidth: 2 }),
                Plot.tickX(at ?? [], { stroke: colorOf(1), strokeOpacity: 0.7, y: null, insetTop: size.height - 90 }),
              ],
            },
            'η by angle, within -1 and 1 where the measure is optimal; ticks are the particles',
            size,
          ),
        [['angle', 'eta'], ...values.map(({ x, y }) => [x, y])],
      );
    };
    return {
      clear(settings) {
        current = undefined;
        picture.clear();
        picture.spikes(truthOf(settings));
        picture.follow(alternatingGrid(settings.particles, { radius: 0.3 }));
        picture.draw();
        show([], []);
      },
      async begin(settings, signal) {
        const { lambda, particles, pace } = settings;
        const about = { truth: truthOf(settings), lambda };
        const { oracle, close } = await inWorker<ParticlesOracle>('particles', about, signal);
        const flow = conic(
          { domain: circle(), regularizer: totalVariation(lambda) },
          { start: alternatingGrid(particles, { radius: 0.3 }), alpha: 1, beta: 1, step: 'lipschitz' },
        );
        let state = flow.init();
        let aimed: ReturnType<typeof truthOf> | undefined;
        let certificate: Certificate | undefined;
        const gaps: Point[] = [];
        const energies: Point[] = [];
        current = { aim: (truth) => (aimed = truth) };
        const look = async (): Promise<Look> => {
          const look = await oracle.look(flow.measure(state));
          ({ certificate } = look);
          gaps.push({ x: state.iteration, y: certificate.gap });
          energies.push({ x: state.iteration, y: certificate.objective });
          return look;
        };
        const isClosed = (): boolean => certificate !== undefined && certificate.gap < closed;
        const run: Run = {
          async step() {
            await new Promise((frame) => requestAnimationFrame(frame));
            if (aimed) {
              const truth = aimed;
              aimed = certificate = undefined;
              await oracle.aim(truth);
              // The energy has changed.
              state = flow.from(flow.measure(state), state);
            }
            // There is nothing left to do until a spike is moved.
            if (isClosed()) return true;
            for (let k = 0; k < pace; k++) {
              ({ state } = await runAsync(flow, oracle, state, { signal }));
              picture.follow(flow.measure(state));
            }
            return true;
          },
          async draw() {
            if (isClosed()) return;
            picture.draw();
            const measure = flow.measure(state);
            const angles = measure.positions.map(([x]) => onCircle(x!));
            show(gaps, energies, await look(), angles);
          },
          status: () =>
            `Step ${state.iteration}.${certificate ? ` J ${certificate.objective.toFixed(5)}, gap ${certificate.gap.toExponential(1)}${isClosed() ? ', closed' : ''}` : ''}`, // prettier-ignore
          close() {
            current = undefined;
            close();
          },
        };
        return run;
      },
    };
  },
};
