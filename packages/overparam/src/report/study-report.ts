import type { PlotOptions } from '@observablehq/plot';
import { captioned, escaped, framed, legendOf } from '../figures/index.ts';
import type { Environment } from '../results/environment.ts';
import type { Findings, StudyFigure, StudyTable } from '../studies/study.ts';
import { pageOf } from './page.ts';
import { pictureWith } from './picture.ts';
import { svgDocument } from './svg-document.ts';

/** What a report says of where its findings come from; all of it can be downloaded there. */
export interface Found {
  readonly title: string;
  readonly source: string;
  readonly finished: string;
  readonly environment: Environment;
  readonly settings: object;
}

/** Findings as one HTML file that needs no other, and no network. */
export function studyReportOf(results: Found, { text, tables, figures }: Findings): string {
  const { settings, environment, finished, source } = results;
  return pageOf({
    title: results.title,
    settings: {
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
      Software: `Node ${environment.node}, ${environment.platform}`,
      Processor: environment.processor,
      Finished: finished,
      After: source,
    },
    numbers: results,
    body: [
      ...text.map((sentence) => `<p>${escaped(sentence)}</p>`),
      ...tables.map(studyTable),
      `<div class="figures">\n${figures.map(studyFigure).join('\n')}\n</div>`,
    ].join('\n'),
  });
}

/** The first two figures side by side, as one SVG. */
export function studyPictureOf({ title }: Pick<Found, 'title'>, { text, figures }: Findings): string {
  const shown = figures.slice(0, 2);
  return pictureWith({
    title,
    about: text[0]!,
    legend: shown[0]?.legend ?? [],
    panels: shown.map((figure) => (options) => framed(filmOf(figure).at(-1)!, figure.title, options)),
  });
}

/** The frames of a figure; one, unless it is a film. */
export const filmOf = ({ plots }: StudyFigure): readonly PlotOptions[] =>
  Array.isArray(plots) ? plots : [plots as PlotOptions];

/** A figure with its legend, its note and its numbers. */
export function studyFigure(figure: StudyFigure): string {
  const { name, title, note, legend, numbers } = figure;
  const plots = filmOf(figure);
  const svgs = plots.map((plot) => framed(plot, title, { document: svgDocument() }).outerHTML);
  const content = [
    ...(legend && legend.length > 1 ? [legendOf(legend, title)] : []),
    svgs.length === 1 ? svgs[0]! : film(name, svgs),
    ...(note === undefined ? [] : [`<p class="faint">${escaped(note)}</p>`]),
  ];
  return captioned({ name, title, content: content.join('\n'), numbers });
}

const SECONDS_A_FRAME = 0.12;
const PAUSE = 12;

/** The drawings one after the other, by style alone: the page runs no script. Whoever wants no motion sees the last. */
function film(name: string, frames: readonly string[]): string {
  const count = frames.length + PAUSE;
  const share = (i: number): string => `${((100 * i) / count).toFixed(4)}%`;
  const rules = frames.map((_, i) => {
    const shown = `${i === 0 ? '' : `0%{visibility:hidden}`}${share(i)}{visibility:visible}`;
    const hidden = i === frames.length - 1 ? '' : `${share(i + 1)}{visibility:hidden}100%{visibility:hidden}`;
    return `@keyframes ${name}-${i}{${shown}${hidden}}
#${name} .frame:nth-child(${i + 1}){animation:${name}-${i} ${(count * SECONDS_A_FRAME).toFixed(2)}s step-end infinite}`;
  });
  return `<style>
#${name} .film{display:grid}
#${name} .frame{grid-area:1/1}
#${name} .frame:not(:last-child){visibility:hidden}
@media (prefers-reduced-motion: no-preference){
${rules.join('\n')}
}
</style>
<div class="film">${frames.map((svg) => `<div class="frame">${svg}</div>`).join('\n')}</div>`;
}

/** A table with its title and its note. */
export const studyTable = ({
  title,
  head,
  rows,
  note,
}: StudyTable): string => `<div class="scroll"><table aria-label="${escaped(title)}">
<caption>${escaped(title)}</caption>
<thead><tr>${head.map((name) => `<th scope="col">${escaped(name)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`).join('\n')}
</tbody>
</table></div>${note === undefined ? '' : `\n<p class="faint">${escaped(note)}</p>`}`;
