import * as Plot from '@observablehq/plot';
import { runAsync } from '@overparam/core';
import { mat, type Selection } from '@overparam/mntk-mat';
import { ponos } from '@overparam/polyak-nonmonotone';
import { colorOf, framed, type Point } from 'overparam/figures';
import { element } from '../../elements.ts';
import { inWorker } from '../../in-worker.ts';
import { liveFigure } from '../../live-figure.ts';
import type { Room, Run } from '../../room.ts';
import type { HeadsOracle } from './questions.ts';

const fields = {
  alpha: { kind: 'number', label: 'α', initial: 0.5, least: 0, most: 1 },
  every: { kind: 'number', label: 'Steps between selections', initial: 10, least: 1, most: 1000, whole: true },
  layers: { kind: 'number', label: 'Layers', initial: 4, least: 1, most: 8, whole: true },
  heads: {
    kind: 'one',
    label: 'Heads a layer',
    initial: '4',
    options: { '1': '1', '2': '2', '4': '4', '8': '8' },
  },
  seed: { kind: 'number', label: 'Seed', initial: 1, least: 0, most: 1e6, whole: true },
} as const;

const beginning = 'The oracle ';
/** Milliseconds between two samples of the model's text. */
const readEvery = 3000;

/** A module on the map: `layer2/attention/head1`, `layer2/feed-forward`. */
interface Cell {
  readonly layer: string;
  readonly place: string;
  readonly lambda: number;
  readonly active: boolean;
}
const placeOf = (module: string): { layer: string; place: string } => {
  const [, layer, head] = /^layer(\d+)\/(?:attention\/head(\d+)|feed-forward)$/.exec(module)!;
  return { layer: `${Number(layer) + 1}`, place: head === undefined ? 'feed-forward' : `head ${Number(head) + 1}` };
};

export const room: Room<typeof fields> = {
  title: 'MAT: only the heads worth training',
  about: [
    'A small transformer learns the READMEs of this project, letter by letter, by PoNoS. Now and then MAT looks at the tangent kernel of each attention head and each feed-forward block, and trains only those whose largest eigenvalue λₘₐₓ is at least α times the largest of its kind.',
    'Lit is what is trained; the rest is left as it is until the next selection. With α = 0 everything is trained.',
  ],
  fields,
  furnish(place) {
    const map = liveFigure('map', 'λₘₐₓ of heads and blocks');
    const loss = liveFigure('loss', 'Loss');
    const share = liveFigure('share', 'Trained');
    const said = element('p', { class: 'said' });
    place.append(
      element('div', { class: 'figures' }, map.element, loss.element, share.element, element('section', { id: 'text', 'aria-label': 'What the model writes' }, element('h2', {}, 'What the model writes'), said)), // prettier-ignore
    );
    const show = (losses: readonly Point[], shares: readonly Point[], cells: readonly Cell[]): void => {
      const line = { x: 'step', of: 'curve', dots: false } as const;
      loss.show({ ...line, name: 'loss', title: 'Loss', y: 'loss of the batch (nats a letter)', scale: 'log', series: [{ label: 'MAT ∘ PoNoS', points: losses }] }); // prettier-ignore
      share.show({ ...line, name: 'share', title: 'Trained', y: 'heads and blocks that are trained', scale: 'share', series: [{ label: 'trained', points: shares }] }); // prettier-ignore
      const columns = new Set(cells.map(({ place }) => place)).size;
      const logs = cells.map(({ lambda }) => Math.log(Math.max(lambda, Number.MIN_VALUE)));
      const [low, high] = [Math.min(...logs), Math.max(...logs)];
      const heat = cells.map((cell, i) => ({ ...cell, heat: high > low ? (logs[i]! - low) / (high - low) : 1 }));
      map.showDrawn(
        (size) =>
          framed(
            {
              x: { type: 'band', label: null, ...(cells.length === 0 && { domain: ['head 1'] }) },
              y: { type: 'band', label: 'layer', reverse: true, ...(cells.length === 0 && { domain: ['1'] }) },
              opacity: { type: 'identity' },
              marks: [
                Plot.cell(heat, {
                  x: 'place',
                  y: 'layer',
                  fill: ({ active }: Cell) => (active ? colorOf(0) : 'var(--faint)'),
                  fillOpacity: ({ heat }: { heat: number }) => 0.1 + 0.35 * heat,
                  stroke: ({ active }: Cell) => (active ? colorOf(0) : 'none'),
                  strokeWidth: 3,
                  inset: 2,
                }),
                Plot.text(heat, {
                  x: 'place',
                  y: 'layer',
                  text: ({ lambda, active }: Cell) => `${lambda.toExponential(1)}${active ? '' : '\nrests'}`,
                  fontSize: columns > 6 ? 8 : 11,
                  fill: 'var(--ink)',
                }),
              ],
            },
            'The largest eigenvalue of the tangent kernel of each head and block, by layer; those with a blue frame are trained',
            size,
          ),
        [
          ['layer', 'module', 'lambda_max', 'trained'],
          ...cells.map(({ layer, place, lambda, active }) => [layer, place, lambda, active ? 1 : 0]),
        ],
      );
    };
    return {
      clear() {
        show([], [], []);
        said.textContent = `“${beginning}…”`;
      },
      async begin({ alpha, every, layers, heads, seed }, signal) {
        const about = { layers, heads: Number(heads), seed };
        const { oracle, close } = await inWorker<HeadsOracle>('heads', about, signal);
        const modules = await oracle.modules();
        const [ofHeads, blocks] = [/\/head\d+$/, /^layer\d+\/feed-forward$/].map((kind) => modules.filter((name) => kind.test(name))); // prettier-ignore
        const method = mat(ponos(), {
          every,
          alpha,
          modules: [...ofHeads!, ...blocks!],
          groups: { heads: ofHeads!, blocks: blocks! },
        });
        let state = method.init();
        let steps = 0;
        let selection: Selection | undefined;
        let read = -Infinity;
        const losses: Point[] = [];
        const shares: Point[] = [];
        const cells = (): Cell[] =>
          (selection?.decisions ?? []).map(({ module, active }) => ({
            ...placeOf(module),
            active,
            lambda: selection!.spectra.modules.find((spectrum) => spectrum.module === module)!.lambda_max,
          }));
        const run: Run = {
          async step() {
            const next = await runAsync(method, oracle, state, { signal });
            state = next.state;
            steps++;
            losses.push({ x: steps, y: next.report.inner.value });
            selection = next.report.selection ?? selection;
            const active = selection?.decisions.filter(({ active }) => active).length ?? modules.length;
            shares.push({ x: steps, y: active / (selection?.decisions.length ?? modules.length) });
            return true;
          },
          async draw() {
            show(losses, shares, cells());
            if (performance.now() - read < readEvery) return;
            said.textContent = `“${beginning}${(await oracle.goOn(beginning, 60)).replaceAll('\n', '⏎')}…”`;
            read = performance.now();
          },
          status() {
            const all = cells();
            return `Step ${steps}. Loss ${losses.at(-1)?.y.toFixed(2) ?? '–'}, ${all.filter(({ active }) => active).length} of ${all.length} trained`; // prettier-ignore
          },
          close,
        };
        return run;
      },
    };
  },
};
