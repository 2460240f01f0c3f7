import { runAsync, type Oracle } from '@overparam/core';
import type { StepReport } from '@overparam/polyak-nonmonotone';
import { legendOf, type Figure, type Point } from 'overparam/figures';
import { element } from '../../elements.ts';
import { inWorker } from '../../in-worker.ts';
import { liveFigure } from '../../live-figure.ts';
import type { Room, Run } from '../../room.ts';
import type { Settings } from '../../settings.ts';
import { imageGrid } from './image-grid.ts';
import { methods } from './methods.ts';
import type { ClassifierOracle } from './questions.ts';

const fields = {
  methods: {
    kind: 'some',
    label: 'Methods',
    initial: ['ponos', 'adam'],
    options: { ponos: 'PoNoS', sls: 'SLS', sps: 'SPS', sgd: 'SGD', adam: 'Adam' },
  },
  sgd: { kind: 'number', label: 'SGD step', initial: 0.1, least: 1e-6, most: 1e6 },
  adam: { kind: 'number', label: 'Adam step', initial: 0.001, least: 1e-6, most: 1e6 },
  hidden: { kind: 'number', label: 'Hidden units', initial: 256, least: 1, most: 2048, whole: true },
  batch: { kind: 'number', label: 'Batch', initial: 128, least: 1, most: 2000, whole: true },
  seed: { kind: 'number', label: 'Seed', initial: 1, least: 0, most: 1e6, whole: true },
} as const;

/** The page evaluates the test images after this many steps, or this many milliseconds. */
const lookEvery = { steps: 20, milliseconds: 800 };

/** What a method has done so far. */
interface Trained {
  readonly label: string;
  readonly oracle: Pick<ClassifierOracle, 'look'>;
  step(): Promise<StepReport>;
  close(): void;
}
interface Traced {
  readonly label: string;
  readonly loss: Point[];
  readonly size: Point[];
  readonly backtracks: Point[];
  readonly accuracy: Point[];
}

const figures = {
  loss: { title: 'Loss', y: 'loss of the batch', scale: 'log' },
  accuracy: { title: 'Accuracy', y: 'right answers on 2,000 test images', scale: 'share' },
  size: { title: 'Step size', y: 'step size', scale: 'log' },
  backtracks: { title: 'Backtracks', y: 'backtracks so far', scale: 'linear' },
} as const satisfies Record<string, Pick<Figure, 'title' | 'y' | 'scale'>>;
type Name = keyof typeof figures;

export const room: Room<typeof fields> = {
  title: 'Line searches without a learning rate',
  about: [
    'A network with one hidden layer learns to tell ten kinds of clothes apart, from 10,000 images. PoNoS, SLS and SPS find their step size by themselves; SGD and Adam take yours. All start from the same parameters and see the same batches, each in a worker of its own on WebAssembly.',
    'Try a poor step for Adam, and watch what the line searches do: they begin from the loss and its slope, and go back when the loss does not fall enough.',
  ],
  fields,
  furnish(place) {
    const legend = element('div');
    const live = Object.fromEntries(
      Object.entries(figures).map(([name, { title }]) => [name, liveFigure(name, title)]),
    ) as Record<Name, ReturnType<typeof liveFigure>>;
    const grid = imageGrid();
    place.append(
      legend,
      element('div', { class: 'figures' }, ...Object.values(live).map((figure) => figure.element)),
      grid.element,
    );
    const show = (traces: readonly Traced[]): void => {
      for (const [name, about] of Object.entries(figures) as [Name, (typeof figures)[Name]][])
        live[name].show({
          ...about,
          name,
          x: 'step',
          dots: name === 'accuracy',
          series: traces.map((trace) => ({ label: trace.label, points: trace[name] })),
        });
    };
    const blank = ({ methods: chosen }: Settings<typeof fields>): Traced[] =>
      chosen.map((name) => ({ label: methods[name].label, loss: [], size: [], backtracks: [], accuracy: [] }));
    return {
      clear(settings) {
        const traces = blank(settings);
        legend.innerHTML = legendOf(traces.map(({ label }) => label), 'Methods'); // prettier-ignore
        show(traces);
        grid.clear();
      },
      async begin(settings, signal) {
        const { hidden, batch, seed, sgd, adam } = settings;
        const given = { batchesPerEpoch: 10_000 / batch, sgd, adam };
        const begun = await Promise.allSettled(
          settings.methods.map(async (name): Promise<Trained> => {
            const { label, direction, make } = methods[name];
            const method = make(given);
            const about = { hidden, batch, seed, direction };
            const { oracle, close } = await inWorker<ClassifierOracle>('classifier', about, signal);
            let state = method.init();
            return {
              label,
              oracle,
              close,
              async step() {
                const next = await runAsync(method, oracle as Oracle, state, { signal });
                state = next.state;
                return next.report;
              },
            };
          }),
        );
        const trained = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
        const close = (): void => trained.forEach((one) => one.close());
        const failed = begun.find((one) => one.status === 'rejected');
        if (failed) {
          close();
          throw failed.reason;
        }
        const { pixels, labels } = await (trained[0]!.oracle as ClassifierOracle).images();
        grid.images(pixels, labels);
        const traces = blank(settings);
        let steps = 0;
        let looked = { steps: 0, when: 0 };
        const look = async (): Promise<void> => {
          const looks = await Promise.all(trained.map(({ oracle }) => oracle.look()));
          looks.forEach(({ accuracy }, i) => traces[i]!.accuracy.push({ x: steps, y: accuracy }));
          grid.guesses(looks[0]!.guesses, trained[0]!.label);
          looked = { steps, when: performance.now() };
        };
        await look();

        const run: Run = {
          async step() {
            const reports = await Promise.all(trained.map((one) => one.step()));
            steps++;
            reports.forEach(({ value, step, backtracks }, i) => {
              const { loss, size, backtracks: all } = traces[i]!;
              loss.push({ x: steps, y: value });
              size.push({ x: steps, y: step });
              all.push({ x: steps, y: (all.at(-1)?.y ?? 0) + backtracks });
            });
            return true;
          },
          async draw() {
            const { steps: most, milliseconds } = lookEvery;
            const due = steps - looked.steps >= most || performance.now() - looked.when > milliseconds;
            if (due && steps > looked.steps) await look();
            show(traces);
          },
          status: () =>
            `Step ${steps}, epoch ${((steps * batch) / 10_000).toFixed(1)}. ${traces.map(({ label, accuracy }) => `${label} ${((100 * (accuracy.at(-1)?.y ?? 0)) | 0)} %`).join(', ')}`, // prettier-ignore
          close,
        };
        return run;
      },
    };
  },
};
