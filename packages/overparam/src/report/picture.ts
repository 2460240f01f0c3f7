import { byMethod, colorOf, dashOf, draw, escaped, figuresOf, themeFor, type DrawOptions } from '../figures/index.ts';
import type { Results } from '../results/results.ts';
import { describePlan } from './describe.ts';
import { svgDocument } from './svg-document.ts';

const WIDTH = 960;
const HEIGHT = 420;
const TOP = 84;

interface Picture {
  readonly title: string;
  readonly about: string;
  readonly legend: readonly string[];
  /** One or two drawings, side by side. */
  readonly panels: readonly ((options: DrawOptions) => Element)[];
}

/** Loss and accuracy side by side. */
export const pictureOf = (results: Results): string =>
  pictureWith({
    title: results.title,
    about: describePlan(results),
    legend: byMethod(results).map(({ label }) => label),
    panels: ['loss-epochs', 'accuracy-epochs'].map((name) => {
      const figure = figuresOf(results).find((one) => one.name === name)!;
      return (options: DrawOptions) => draw(figure, options);
    }),
  });

/** One SVG, light or dark as the reader's system is, without a file beside it. */
export function pictureWith({ title, about, legend, panels }: Picture): string {
  const document = svgDocument();
  const drawn = panels.map((panel, i) => {
    const svg = panel({ document, width: WIDTH / panels.length - 16, height: HEIGHT - TOP - 8 });
    svg.setAttribute('x', String((i * WIDTH) / panels.length + 8));
    svg.setAttribute('y', String(TOP));
    return svg.outerHTML;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escaped(about)}" font-family="system-ui, sans-serif">
<style>${themeFor('svg')}</style>
<rect width="100%" height="100%" rx="8" fill="var(--paper)"/>
<text x="20" y="32" font-size="17" font-weight="600" fill="var(--ink)">${escaped(title)}</text>
<text x="20" y="52" font-size="12.5" fill="var(--faint)">${escaped(about)}</text>
${legendLine(legend)}
${drawn.join('\n')}
</svg>
`;
}

interface Panel {
  readonly title: string;
  readonly legend: readonly string[];
  draw(options: DrawOptions): Element;
}

/** Several drawings in two columns, each under its own title and legend. */
export function gridPicture(title: string, panels: readonly Panel[]): string {
  const document = svgDocument();
  const height = 340;
  const rows = Math.ceil(panels.length / 2);
  const total = 60 + rows * height;
  const drawn = panels.map(({ title, legend, draw }, i) => {
    const [left, top] = [((i % 2) * WIDTH) / 2, 56 + Math.floor(i / 2) * height];
    const svg = draw({ document, width: WIDTH / 2 - 16, height: height - 62 });
    svg.setAttribute('x', String(left + 8));
    svg.setAttribute('y', String(top + 46));
    const scale = Math.min(1, (WIDTH / 2 - 8) / legendWidth(legend));
    return `<text x="${left + 20}" y="${top + 18}" font-size="14" font-weight="600" fill="var(--ink)">${escaped(title)}</text>
<g transform="translate(${left}, ${top + 36 - 72 * scale}) scale(${scale})">${legendLine(legend)}</g>
${svg.outerHTML}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${total}" width="${WIDTH}" height="${total}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif">
<style>${themeFor('svg')}</style>
<rect width="100%" height="100%" rx="8" fill="var(--paper)"/>
<text x="20" y="32" font-size="17" font-weight="600" fill="var(--ink)">${escaped(title)}</text>
${drawn.join('\n')}
</svg>
`;
}

const LEFT = 20;
/** Of a line, its label and the gap after it. */
const advance = (label: string): number => 58 + 7.2 * label.length;
const legendWidth = (labels: readonly string[]): number => labels.reduce((sum, label) => sum + advance(label), LEFT);

function legendLine(labels: readonly string[]): string {
  let x = LEFT;
  return labels
    .map((label, i) => {
      const at = x;
      x += advance(label);
      const line = `<line x1="${at}" x2="${at + 26}" y1="72" y2="72" stroke="${colorOf(i)}" stroke-width="${i === 0 ? 2.6 : 2}" stroke-dasharray="${dashOf(i)}"/>`;
      return `${line}<text x="${at + 33}" y="76" font-size="12.5" fill="var(--ink)">${escaped(label)}</text>`;
    })
    .join('\n');
}
