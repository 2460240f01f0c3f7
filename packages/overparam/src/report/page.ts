import { colorOf, dashOf } from '../figures/index.ts';
import { STYLE } from './style.ts';
import { escaped } from './svg-document.ts';

interface Page {
  readonly title: string;
  /** HTML */
  readonly body: string;
  /** What stands at the page's end. */
  readonly settings: Readonly<Record<string, string>>;
  /** The content of results.json. */
  readonly numbers: object;
}

/** One HTML file that needs no other, and no network. */
export function pageOf({ title, body, settings, numbers }: Page): string {
  const rows = Object.entries(settings).map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}: overparam</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${body}
<dl>${rows.join('')}<dt>Numbers</dt><dd><a download="results.json" href="${dataUrl('application/json', JSON.stringify(numbers))}">results.json</a></dd></dl>
</main>
</body>
</html>
`;
}

interface PageFigure {
  readonly name: string;
  readonly title: string;
  /** HTML or SVG */
  readonly content: string;
  readonly csv: string;
}

/** A figure with its title, and with its numbers to download. */
export const figureOf = ({ name, title, content, csv }: PageFigure): string => `<figure id="${name}">
<figcaption><h2>${escaped(title)}</h2><a class="faint" download="${name}.csv" href="${dataUrl('text/csv', csv)}" aria-label="${escaped(title)} as CSV">CSV</a></figcaption>
${content}
</figure>`;

export const legendOf = (labels: readonly string[], name: string): string =>
  `<ul class="legend" aria-label="${escaped(name)}">${labels.map((label, i) => `<li>${keyOf(i)}${escaped(label)}</li>`).join('')}</ul>`;

/** The line by which a figure draws the i-th label. */
export const keyOf = (i: number): string =>
  `<svg class="key" width="28" height="8" aria-hidden="true"><line x1="0" x2="28" y1="4" y2="4" stroke="${colorOf(i)}" stroke-width="${i === 0 ? 2.6 : 2}" stroke-dasharray="${dashOf(i)}"/></svg>`;

const dataUrl = (type: string, text: string): string => `data:${type};base64,${Buffer.from(text).toString('base64')}`;
