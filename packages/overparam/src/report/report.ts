import {
  byMethod,
  captioned,
  draw,
  escaped,
  figuresOf,
  keyOf,
  legendOf,
  numbersOf,
  summarize,
} from '../figures/index.ts';
import { duration, percent, significant } from '../results/format.ts';
import type { Results } from '../results/results.ts';
import { describePlan } from './describe.ts';
import { pageOf } from './page.ts';
import { svgDocument } from './svg-document.ts';

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
  return pageOf({
    title: results.title,
    settings,
    numbers: results,
    body: `<p>${escaped(describePlan(results))}.${band}</p>
${methodsTable(results)}
<p class="faint">Evaluations and backtracks are means a step; evaluations are those of the loss beside its gradient. Time is that of training, without the measuring between epochs.</p>
${legendOf(
  byMethod(results).map(({ label }) => label),
  'Methods',
)}
<p class="faint">Step sizes (medians), batch losses, backtracks and evaluations (means) are shown at up to 20 points an epoch.</p>
<div class="figures">
${figuresOf(results)
  .map((figure) => {
    const { name, title } = figure;
    const svg = draw(figure, { document: svgDocument() });
    return captioned({ name, title, content: svg.outerHTML, numbers: numbersOf(figure) });
  })
  .join('\n')}
</div>`,
  });
}

/** A line a method. */
export function methodsTable(results: Results): string {
  const rows = byMethod(results).map(summarize);
  const least = Math.min(...rows.map(({ trainLoss }) => trainLoss ?? Infinity));
  const most = Math.max(...rows.map(({ testAccuracy }) => testAccuracy));
  const best = Math.max(...rows.map(({ bestTestAccuracy }) => bestTestAccuracy));
  const cell = (text: string, isBest = false): string => `<td${isBest ? ' class="best"' : ''}>${text}</td>`;
  const body = rows.map(
    (row, i) =>
      `<tr><td>${keyOf(i)}${escaped(row.label)}</td>${[
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
