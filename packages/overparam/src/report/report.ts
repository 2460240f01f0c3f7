import { byMethod, colorOf, dashOf, draw, figuresOf, summarize, toCsv, type Figure } from '../figures/index.ts';
import { duration, percent, significant } from '../results/format.ts';
import type { Results } from '../results/results.ts';
import { describePlan } from './describe.ts';
import { STYLE } from './style.ts';
import { escaped, svgDocument } from './svg-document.ts';

export { pictureOf } from './picture.ts';

/** The session as one HTML file that needs no other, and no network. */
export function reportOf(results: Results): string {
  const { plan, environment } = results;
  const band =
    plan.seeds.length > 1 ? ' Lines are medians over the seeds, bands reach from the smallest to the largest.' : '';
  const settings = {
    Methods: plan.methods.join(', '),
    Seeds: plan.seeds.join(', '),
    Model: plan.model,
    'Data, SHA-256': plan.data,
    Backend: `${plan.backend}, tfjs ${environment.tfjs}, Node ${environment.node}, ${environment.platform}`,
    Processor: environment.processor,
    Finished: results.finished,
    After: results.source,
  };
  const rows = Object.entries(settings).map(([name, value]) => `<dt>${name}</dt><dd>${escaped(value)}</dd>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(results.title)}: overparam</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(results.title)}</h1>
<p>${escaped(describePlan(results))}.${band}</p>
${table(results)}
<p class="faint">Evaluations and backtracks are means a step; evaluations are those of the loss beside its gradient. Time is that of training, without the measuring between epochs.</p>
${legend(results)}
<p class="faint">Step sizes (medians), batch losses, backtracks and evaluations (means) are shown at up to 20 points an epoch.</p>
<div class="figures">
${figuresOf(results).map(figureOf).join('\n')}
</div>
<dl>${rows.join('')}<dt>Numbers</dt><dd><a download="results.json" href="${dataUrl('application/json', JSON.stringify(results))}">results.json</a></dd></dl>
</main>
</body>
</html>
`;
}

function figureOf(figure: Figure): string {
  const svg = draw(figure, { document: svgDocument() });
  const csv = dataUrl('text/csv', toCsv(figure.series, figure.x, figure.y));
  return `<figure id="${figure.name}">
<figcaption><h2>${figure.title}</h2><a class="faint" download="${figure.name}.csv" href="${csv}" aria-label="${figure.title} as CSV">CSV</a></figcaption>
${svg.outerHTML}
</figure>`;
}

function legend(results: Results): string {
  const items = byMethod(results).map(({ label }, i) => `<li>${key(i)}${escaped(label)}</li>`);
  return `<ul class="legend" aria-label="Methods">${items.join('')}</ul>`;
}

const key = (i: number): string =>
  `<svg class="key" width="28" height="8" aria-hidden="true"><line x1="0" x2="28" y1="4" y2="4" stroke="${colorOf(i)}" stroke-width="${i === 0 ? 2.6 : 2}" stroke-dasharray="${dashOf(i)}"/></svg>`;

function table(results: Results): string {
  const rows = byMethod(results).map(summarize);
  const least = Math.min(...rows.map(({ trainLoss }) => trainLoss ?? Infinity));
  const most = Math.max(...rows.map(({ testAccuracy }) => testAccuracy));
  const best = Math.max(...rows.map(({ bestTestAccuracy }) => bestTestAccuracy));
  const cell = (text: string, isBest = false): string => `<td${isBest ? ' class="best"' : ''}>${text}</td>`;
  const body = rows.map(
    (row, i) =>
      `<tr><td>${key(i)}${escaped(row.label)}</td>${[
        cell(String(row.epochs)),
        cell(significant(row.trainLoss), row.trainLoss === least),
        cell(percent(row.testAccuracy), row.testAccuracy === most),
        cell(percent(row.bestTestAccuracy), row.bestTestAccuracy === best),
        cell(duration(row.seconds)),
        cell(row.millisecondsPerStep.toFixed(1)),
        cell(row.backtracksPerStep.toFixed(2)),
        cell(row.evaluationsPerStep.toFixed(2)),
      ].join('')}</tr>`,
  );
  const head = ['method', 'epochs', 'train loss', 'test accuracy', 'best test accuracy', 'time', 'ms a step', 'backtracks', 'evaluations']; // prettier-ignore
  return `<div class="scroll"><table>
<thead><tr>${head.map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table></div>`;
}

const dataUrl = (type: string, text: string): string => `data:${type};base64,${Buffer.from(text).toString('base64')}`;
