import {
  byMethod,
  captioned,
  draw,
  escaped,
  figuresOf,
  framed,
  legendOf,
  numbersOf,
  summarize,
} from '../figures/index.ts';
import type { DrawOptions } from '../figures/index.ts';
import { methodsTable } from '../report/report.ts';
import { filmOf, studyFigure, studyTable } from '../report/study-report.ts';
import { svgDocument } from '../report/svg-document.ts';
import { percent, significant } from '../results/format.ts';
import { parseResults, type Results } from '../results/results.ts';
import { studies } from '../studies/index.ts';
import { parseStudyResults, type StudyResults } from '../studies/results.ts';
import type { Part } from './parts.ts';

/** A part that has been done: what the report and the picture show of it. */
export interface Shown {
  readonly part: Part;
  readonly results: Results | StudyResults;
  /** What came out, in sentences. */
  readonly text: readonly string[];
  /** HTML */
  readonly figures: readonly string[];
  readonly picture: { readonly title: string; readonly legend: readonly string[]; draw(options: DrawOptions): Element };
}

/** @param json the content of the part's results.json */
export function shownOf(part: Part, json: string): Shown {
  const study = studies.find(({ name }) => name === part.experiment);
  return study ? ofStudy(part, study, parseStudyResults(json)) : ofTraining(part, parseResults(json));
}

function ofStudy(part: Part, study: (typeof studies)[number], results: StudyResults): Shown {
  const { text, tables, figures } = study.findings(results.pieces, results.settings);
  const chosen = part.figures.map((name) => figures.find((figure) => figure.name === name)!);
  const [first] = chosen as [(typeof figures)[number]];
  const { title, legend = [] } = first;
  return {
    part,
    results,
    text,
    figures: [`<div class="wide">${tables.map(studyTable).join('\n')}</div>`, ...chosen.map(studyFigure)],
    picture: { title: part.system, legend, draw: (options) => framed(filmOf(first).at(-1)!, title, options) },
  };
}

function ofTraining(part: Part, results: Results): Shown {
  const methods = byMethod(results);
  const labels = methods.map(({ label }) => label);
  const all = figuresOf(results);
  const chosen = part.figures.map((name) => all.find((figure) => figure.name === name)!);
  const [first] = chosen as [(typeof all)[number]];
  const outcomes = methods.map((method) => {
    const { label, trainLoss, testAccuracy } = summarize(method);
    return `${label} ${significant(trainLoss)} and ${percent(testAccuracy)}`;
  });
  const { samples, plan } = results;
  return {
    part,
    results,
    text: [
      `${samples.train.toLocaleString('en-US')} images of clothes, ${plan.epochs} epochs. Train loss and test accuracy in the end: ${outcomes.join('; ')}.`,
    ],
    figures: [
      `<div class="wide">${methodsTable(results)}\n${legendOf(labels, 'Methods')}</div>`,
      ...chosen.map((figure) => {
        const content = draw(figure, { document: svgDocument() }).outerHTML;
        return captioned({ name: figure.name, title: figure.title, content, numbers: numbersOf(figure) });
      }),
    ],
    picture: { title: part.system, legend: labels, draw: (options) => draw(first, options) },
  };
}

/** HTML: a section of the report. */
export const sectionOf = ({ part, results, text, figures }: Shown): string => `<section id="${part.name}">
<h2 class="system">${escaped(part.system)}</h2>
<p>${escaped(part.shows)}</p>
${text.map((sentence) => `<p>${escaped(sentence)}</p>`).join('\n')}
<p class="faint">After ${escaped(results.source)}. More of it: <code>${escaped(commandOf(part))}</code></p>
<pre><code>npm install ${escaped(part.install)}</code></pre>
<div class="figures">
${figures.join('\n')}
</div>
</section>`;

const commandOf = ({ experiment }: Part): string => `overparam run ${experiment}`;
