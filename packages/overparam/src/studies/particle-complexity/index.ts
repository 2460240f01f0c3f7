import * as Plot from '@observablehq/plot';
import { run } from '@overparam/core';
import type { FlowState } from '@overparam/wasserstein-flow';
import { colorOf, dashOf, logAxis } from '../../figures/index.ts';
import { limit } from '../../limits.ts';
import { median } from '../../results/quantile.ts';
import { numberIn, numbersIn, seedsIn, someOf } from '../option-values.ts';
import { exponential } from '../particle-flows/exponential.ts';
import type { Findings, Outcome, Piece, Study, StudyFigure } from '../study.ts';
import { deconvolutionContest, reluContest } from './panels.ts';

const titles = { deconvolution: 'Sparse deconvolution on the torus', relu: 'A two-layer relu network' } as const;
type Panel = keyof typeof titles;

interface Settings {
  readonly panels: readonly Panel[];
  readonly spikes: number;
  readonly deconvolutionParticles: readonly number[];
  readonly lambda: number;
  readonly inputs: number;
  readonly teacherNeurons: number;
  readonly reluParticles: readonly number[];
  readonly iterations: number;
  readonly seeds: readonly number[];
}

interface Size extends Piece {
  readonly panel: Panel;
  readonly particles: number;
}

/** What came of one seed: excesses, as parts of that of no particles at all. */
interface Contested {
  readonly seed: number;
  readonly flow: number;
  readonly convex: number;
  readonly simplest: number;
}

interface Snapshot {
  readonly finished: readonly Contested[];
  readonly state: FlowState;
}

/** Between two looks at whether to leave off. */
const STEPS_AT_A_TIME = 50;
/** What counts as a success. */
const SUCCESS = 1e-3;

/** How many particles it takes: the flow, and the convex problem of the weights at fixed positions. */
export const particleComplexity: Study<Settings, Size, readonly Contested[]> = {
  name: 'particle-complexity',
  title: 'How many particles it takes',
  source:
    'Chizat, Bach: On the global convergence of gradient descent for over-parameterized models using optimal transport, arXiv 1805.09545, figure 3',
  data: 'makes its own: spikes, teacher networks',
  takes: 'a few minutes',
  options: [
    { flags: '--panels <list>', about: Object.keys(titles).join(', '), default: Object.keys(titles).join() },
    { flags: '--spikes <n>', about: 'm0 of the deconvolution', default: '5' },
    { flags: '--deconvolution-particles <list>', about: 'its m', default: '1,2,3,5,7,10,15,20,30,50,100' },
    { flags: '--lambda <x>', about: 'its factor of the total variation', default: '1' },
    { flags: '--inputs <n>', about: 'd, of the network', default: '100' },
    { flags: '--teacher-neurons <n>', about: "m0, its teacher's neurons", default: '20' },
    { flags: '--relu-particles <list>', about: 'its m', default: '10,15,20,25,30,40,60,80,100' },
    { flags: '--iterations <n>', about: 'steps of a flow', default: '3000' },
    { flags: '-s, --seed <list>', about: 'of problem and start: 0 or 0,1,2 or 0-4', default: '0-4' },
  ],
  settings(given) {
    const count = (name: string, option: string, most: number): number =>
      numberIn(option, given[name], { least: 1, whole: true, most });
    const sizes = (name: string, option: string): readonly number[] =>
      [...numbersIn(option, given[name], { least: 1, whole: true, most: 10_000 })].sort((a, b) => a - b);
    const inputs = numberIn('inputs', given['inputs'], { least: 2, whole: true, most: 10_000 });
    const settings: Settings = {
      panels: someOf('panels', given['panels'], Object.keys(titles) as Panel[]),
      spikes: count('spikes', 'spikes', 100),
      deconvolutionParticles: sizes('deconvolutionParticles', 'deconvolution-particles'),
      lambda: numberIn('lambda', given['lambda'], { above: 0 }),
      inputs,
      teacherNeurons: count('teacherNeurons', 'teacher-neurons', 10_000),
      reluParticles: sizes('reluParticles', 'relu-particles'),
      iterations: count('iterations', 'iterations', 1e8),
      seeds: seedsIn('seed', given['seed']),
    };
    const { teacherNeurons, reluParticles, deconvolutionParticles, panels } = settings;
    const neurons = panels.includes('relu') ? Math.max(...reluParticles) + teacherNeurons : 0;
    const most = Math.max(neurons, ...deconvolutionParticles);
    limit(
      'numbers',
      '--relu-particles, --teacher-neurons, --inputs, --deconvolution-particles',
      most * (most + inputs),
    );
    limit('multiplications per step', '--relu-particles, --teacher-neurons, --inputs', 2 * neurons ** 2 * inputs + neurons ** 3 / 3); // prettier-ignore
    return settings;
  },
  pieces: ({ panels, deconvolutionParticles, reluParticles }) =>
    panels.flatMap((panel) =>
      (panel === 'relu' ? reluParticles : deconvolutionParticles).map((m) => ({
        label: `${panel}, m ${m}`,
        panel,
        particles: m,
      })),
    ),
  async work({ panel, particles: m }, settings, { from, progress }) {
    const { spikes, teacherNeurons, inputs, lambda, iterations, seeds } = settings;
    const saved = from as Snapshot | undefined;
    let finished = saved?.finished ?? [];
    for (const seed of seeds.slice(finished.length)) {
      const contest =
        panel === 'relu'
          ? reluContest({ m0: teacherNeurons, m, seed }, inputs)
          : await deconvolutionContest({ m0: spikes, m, seed }, lambda);
      const { flow, oracle } = contest;
      let state = saved && finished === saved.finished ? saved.state : flow.init();
      for (;;) {
        const { iteration } = state;
        if (iteration % STEPS_AT_A_TIME === 0 || iteration === iterations) {
          const goesOn = await progress({
            done: (finished.length + iteration / iterations) / seeds.length,
            text: `seed ${seed}  iteration ${iteration}/${iterations}  excess ${exponential(contest.excess(flow.measure(state)))}`,
            snapshot: (): Snapshot => ({ finished, state }),
          });
          if (!goesOn) return undefined;
        }
        if (iteration === iterations) break;
        ({ state } = run(flow, oracle, state));
      }
      const excess = contest.excess(flow.measure(state));
      finished = [...finished, { seed, flow: excess, convex: contest.convex(), simplest: contest.simplest }];
    }
    return finished;
  },
  findings,
  measures: (contested) => ({
    'excess, flow': median(contested.map(({ flow }) => flow)),
    'excess, weights alone': median(contested.map(({ convex }) => convex)),
  }),
};

function findings(outcomes: readonly Outcome<Size, readonly Contested[]>[], settings: Settings): Findings {
  const { panels, spikes, teacherNeurons, inputs, iterations, seeds, lambda } = settings;
  const of = (panel: Panel): readonly Outcome<Size, readonly Contested[]>[] =>
    outcomes.filter(({ piece }) => piece.panel === panel);
  const settingOf = (panel: Panel): string =>
    panel === 'relu'
      ? `${titles.relu}: ${inputs} inputs from N(0, I), a teacher of m0 = ${teacherNeurons} neurons, the expected loss itself; particles begin on the unit sphere of (w, a).`
      : `${titles.deconvolution}: m0 = ${spikes} positive spikes of mass 1, 25 features, lambda ${lambda}; particles begin at random, with a mass of 0.2. The optimum has ${[...new Set(of(panel).flatMap(({ result }) => result.map(({ simplest }) => simplest)))].sort((a, b) => a - b).join(', ')} spikes.`;
  return {
    text: [
      `${iterations} steps of the flow, medians of ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}; excess loss as a part of that of the empty measure.`,
      ...panels.flatMap((panel) => [settingOf(panel), verdict(of(panel), panel === 'relu' ? teacherNeurons : spikes)]),
    ],
    tables: panels.map((panel) => ({
      title: titles[panel],
      head: ['m', 'flow, median', 'smallest', 'largest', `seeds below ${SUCCESS}`, 'fixed positions, median', 'ratio'],
      rows: of(panel).map(({ piece, result }) => {
        const flows = result.map(({ flow }) => flow);
        const fixed = median(result.map(({ convex }) => convex));
        return [
          String(piece.particles),
          exponential(median(flows)),
          exponential(Math.min(...flows)),
          exponential(Math.max(...flows)),
          `${flows.filter((value) => value < SUCCESS).length} of ${flows.length}`,
          exponential(fixed),
          exponential(fixed / median(flows)),
        ];
      }),
      note:
        panel === 'relu'
          ? 'Fixed positions: the best output layer for the hidden units at which the flow begins, solved exactly.'
          : 'Fixed positions: the best weights at the positions where the flow begins, by 5000 steps of FISTA. min J is that of solve, less its gap.',
    })),
    figures: panels.map((panel) => figure(panel, of(panel), panel === 'relu' ? teacherNeurons : spikes)),
  };
}

/** From which m on the median of the flow is a success, and how far the convex counterpart is from it there. */
function verdict(sizes: readonly Outcome<Size, readonly Contested[]>[], m0: number): string {
  const medians = sizes.map(({ piece, result }) => ({
    m: piece.particles,
    flow: median(result.map(({ flow }) => flow)),
    convex: median(result.map(({ convex }) => convex)),
  }));
  const last = medians.findLastIndex(({ flow }) => !(flow < SUCCESS));
  const first = medians[last + 1];
  if (!first) return `The flow does not come below ${SUCCESS} at the largest m, ${medians.at(-1)!.m}.`;
  const end = medians.at(-1)!;
  return `The flow succeeds (below ${SUCCESS}) from m = ${first.m} on, ${+(first.m / m0).toPrecision(2)} m0: ${exponential(first.flow)}, where fixed positions leave ${exponential(first.convex)}, ${exponential(first.convex / first.flow)} times as much; at m = ${end.m} it is ${exponential(end.flow)} against ${exponential(end.convex)}.`;
}

/** Seeds as points, medians as lines. */
function figure(panel: Panel, sizes: readonly Outcome<Size, readonly Contested[]>[], m0: number): StudyFigure {
  const curves = (['flow', 'convex'] as const).map((name) =>
    sizes.map(({ piece, result }) => ({
      m: piece.particles,
      values: result.map((one) => Math.max(one[name], FLOOR)),
    })),
  );
  const all = curves.flat();
  return {
    name: panel,
    title: titles[panel],
    legend: ['particle flow', 'convex: weights alone, same positions'],
    note: `Points: seeds; lines: medians; dashed: m0 = ${m0}.`,
    plots: {
      insetBottom: 6,
      x: logAxis(
        'x',
        'particles m',
        all.map(({ m }) => m),
      ),
      y: logAxis(
        'y',
        `excess loss: ${panel}`,
        all.flatMap(({ values }) => values),
      ),
      marks: [
        Plot.ruleX([m0], { stroke: 'var(--faint)', strokeDasharray: '3 4' }),
        ...curves
          .map((curve, i) => [
            Plot.dot(
              curve.flatMap(({ m, values }) => values.map((value) => ({ m, value }))),
              { x: 'm', y: 'value', r: 2, fill: colorOf(i), fillOpacity: 0.55 },
            ),
            Plot.lineY(curve, {
              x: 'm',
              y: ({ values }: (typeof curve)[number]) => median(values),
              stroke: colorOf(i),
              strokeDasharray: dashOf(i) || 'none',
              strokeWidth: 2,
            }),
          ])
          .reverse()
          .flat(),
      ],
    },
    numbers: [
      ['m', 'seed', 'flow', 'fixed positions'],
      ...sizes.flatMap(({ piece, result }) =>
        result.map(({ seed, flow, convex }) => [piece.particles, seed, flow, convex]),
      ),
    ],
  };
}

/** Where rounding hides the excess. */
const FLOOR = 1e-14;
