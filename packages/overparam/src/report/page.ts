import { dataUrl, escaped } from '../figures/index.ts';
import { STYLE } from './style.ts';

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
