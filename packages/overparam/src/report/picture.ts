import { colorOf, dashOf, draw, figuresOf, themeFor, type Figure } from '../figures/index.ts';
import { byMethod } from '../figures/summary.ts';
import type { Results } from '../results/results.ts';
import { describePlan } from './describe.ts';
import { escaped, svgDocument } from './svg-document.ts';

const WIDTH = 960;
const HEIGHT = 420;
const TOP = 84;

/** Loss and accuracy side by side: one SVG, light or dark as the reader's system is, without a file beside it. */
export function pictureOf(results: Results): string {
  const document = svgDocument();
  const named = (name: string): Figure => figuresOf(results).find((figure) => figure.name === name)!;
  const panel = (name: string, x: number): string => {
    const svg = draw(named(name), { document, width: WIDTH / 2 - 16, height: HEIGHT - TOP - 8 });
    svg.setAttribute('x', String(x));
    svg.setAttribute('y', String(TOP));
    return svg.outerHTML;
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escaped(describePlan(results))}" font-family="system-ui, sans-serif">
<style>${themeFor('svg')}</style>
<rect width="100%" height="100%" rx="8" fill="var(--paper)"/>
<text x="20" y="32" font-size="17" font-weight="600" fill="var(--ink)">${escaped(results.title)}</text>
<text x="20" y="52" font-size="12.5" fill="var(--faint)">${escaped(describePlan(results))}</text>
${legend(results)}
${panel('loss-epochs', 8)}
${panel('accuracy-epochs', WIDTH / 2 + 8)}
</svg>
`;
}

function legend(results: Results): string {
  let x = 20;
  return byMethod(results)
    .map(({ label }, i) => {
      const at = x;
      x += 58 + 7.2 * label.length;
      const line = `<line x1="${at}" x2="${at + 26}" y1="72" y2="72" stroke="${colorOf(i)}" stroke-width="${i === 0 ? 2.6 : 2}" stroke-dasharray="${dashOf(i)}"/>`;
      return `${line}<text x="${at + 33}" y="76" font-size="12.5" fill="var(--ink)">${escaped(label)}</text>`;
    })
    .join('\n');
}
