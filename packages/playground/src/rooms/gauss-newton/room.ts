import * as Plot from '@observablehq/plot';
import { runAsync, type CompositeOracle, type Method } from '@overparam/core';
import { gaussNewton } from '@overparam/gauss-newton';
import { constantStep } from '@overparam/polyak-nonmonotone';
import { colorOf, framed, legendOf, linearAxis, type Point } from 'overparam/figures';
import { element } from '../../elements.ts';
import { inWorker } from '../../in-worker.ts';
import { liveFigure } from '../../live-figure.ts';
import type { Room, Run } from '../../room.ts';
import type { Look, StudentOracle } from './questions.ts';

const fields = {
  method: {
    kind: 'one',
    label: 'Method',
    initial: 'gn',
    options: { gn: 'Gauss-Newton', gd: 'Gradient descent' },
  },
  lambda: { kind: 'number', label: 'Step λ', initial: 10, least: 1e-4, most: 1e5 },
  tau0: { kind: 'number', label: 'τ₀', initial: 0.1, least: 1e-4, most: 100 },
  width: { kind: 'number', label: 'Hidden units', initial: 200, least: 1, most: 1000, whole: true },
  samples: { kind: 'number', label: 'Samples', initial: 80, least: 2, most: 400, whole: true },
  seed: { kind: 'number', label: 'Seed', initial: 1, least: 0, most: 1e6, whole: true },
} as const;

const lines = ['test loss', 'test loss, output layer fitted anew', 'train loss'] as const;

/** Training ends when the loss has fallen by this factor. */
const converged = 1e-8;

export const room: Room<typeof fields> = {
  title: 'Gauss-Newton, and learning that stays hidden',
  about: [
    'A wide student learns from a teacher of five hidden units, all samples at once. Its output layer begins at zero, its hidden units near zero: their standard deviation is τ₀. The full step of Gauss-Newton is λ = the number of samples.',
    'With small steps the hidden units soon turn to the teacher’s directions, the rays: with the output layer fitted anew, the test loss falls while the test loss itself has hardly begun to. With a large τ₀, or the full step, they turn less.',
  ],
  fields,
  furnish(place) {
    const losses = liveFigure('losses', 'Hidden learning');
    const units = liveFigure('units', 'Hidden units');
    const distance = liveFigure('distance', 'Distance from the teacher');
    const legend = element('div');
    legend.innerHTML = legendOf(lines, 'Losses');
    place.append(legend, element('div', { class: 'figures' }, losses.element, units.element, distance.element));
    let teacher: Float64Array = new Float64Array();

    const show = (traces: readonly Point[][], distances: readonly Point[], look?: Look): void => {
      losses.show({
        name: 'losses',
        title: 'Hidden learning',
        x: 'step',
        y: 'half mean squared error',
        of: 'loss',
        scale: 'log',
        dots: false,
        series: lines.map((label, i) => ({ label, points: traces[i] ?? [] })),
      });
      distance.show({
        name: 'distance',
        title: 'Distance from the teacher',
        x: 'step',
        y: 'weighted cosine distance',
        scale: 'linear',
        dots: false,
        series: [{ label: 'student', points: distances }],
      });
      const student = triples(look?.units ?? new Float64Array());
      const span = Math.max(1e-9, ...student.map(({ u1, u2 }) => Math.max(Math.abs(u1), Math.abs(u2))));
      const most = Math.max(1e-9, ...student.map(({ third }) => Math.abs(third)));
      const rays = triples(teacher).map(({ u1, u2 }) => {
        const length = Math.hypot(u1, u2) / (1.05 * span);
        return { x1: 0, y1: 0, x2: u1 / length, y2: u2 / length };
      });
      const domain = [-1.1 * span, 1.1 * span];
      units.showDrawn(
        (size) =>
          framed(
            {
              x: { ...linearAxis('x', 'u₁'), domain },
              y: { ...linearAxis('y', 'u₂'), domain, ticks: 5 },
              clip: true,
              marks: [
                Plot.link(rays, { x1: 'x1', y1: 'y1', x2: 'x2', y2: 'y2', stroke: colorOf(4), strokeWidth: 2 }),
                Plot.dot(student, {
                  x: 'u1',
                  y: 'u2',
                  r: ({ third }: Triple) => 1.5 + 2.5 * Math.sqrt(Math.abs(third) / most),
                  fill: ({ third }: Triple) => colorOf(third < 0 ? 1 : 0),
                  symbol: ({ third }: Triple) => (third < 0 ? 'triangle' : 'circle'),
                  fillOpacity: 0.7,
                }),
              ],
              r: { type: 'identity' },
              symbol: { type: 'identity' },
            },
            'The student’s hidden units in the plane, circles where their output weight is positive and triangles where it is negative; rays are the teacher’s units',
            { ...size, height: size.width * 0.8 },
          ),
        [['u1', 'u2', 'output weight'], ...student.map(({ u1, u2, third }) => [u1, u2, third])],
      );
    };
    return {
      clear() {
        teacher = new Float64Array();
        show([], []);
      },
      async begin({ method: name, lambda, ...about }, signal) {
        const { oracle, close } = await inWorker<StudentOracle>('gauss-newton', about, signal);
        const method = (name === 'gn' ? gaussNewton({ lambda }) : constantStep({ step: lambda })) as unknown as Method<
          unknown,
          unknown,
          CompositeOracle
        >;
        let state = method.init();
        let steps = 0;
        const traces: Point[][] = lines.map(() => []);
        const distances: Point[] = [];
        teacher = await oracle.teacher();
        let last: Look;
        const look = async (): Promise<void> => {
          last = await oracle.look();
          const { testLoss, refitTestLoss, trainLoss } = last;
          [testLoss, refitTestLoss, trainLoss].forEach((y, i) => traces[i]!.push({ x: steps, y }));
          distances.push({ x: steps, y: last.distance });
        };
        await look();
        const first = last!.trainLoss;
        const run: Run = {
          async step() {
            ({ state } = await runAsync(method, oracle, state, { signal }));
            steps++;
            await look();
            return last.trainLoss > converged * first;
          },
          draw: () => show(traces, distances, last),
          status() {
            const { trainLoss, testLoss, refitTestLoss } = last;
            const [train, test, fitted] = [trainLoss, testLoss, refitTestLoss].map((loss) => loss.toExponential(1));
            return `Step ${steps}. Train loss ${train}, test loss ${test}, fitted anew ${fitted}`;
          },
          close,
        };
        return run;
      },
    };
  },
};

interface Triple {
  readonly u1: number;
  readonly u2: number;
  readonly third: number;
}

const triples = (data: Float64Array): Triple[] =>
  Array.from({ length: data.length / 3 }, (_, i) => ({
    u1: data[3 * i]!,
    u2: data[3 * i + 1]!,
    third: data[3 * i + 2]!,
  }));
