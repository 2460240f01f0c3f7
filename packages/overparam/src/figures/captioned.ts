import { escaped } from './escaped.ts';
import { toCsv, toJson, type Numbers } from './numbers.ts';

interface Captioned {
  /** For file names and links. */
  readonly name: string;
  readonly title: string;
  /** The drawing, as HTML or SVG. */
  readonly content: string;
  readonly numbers: Numbers;
}

/** HTML: a drawing under its title, with its numbers to download. */
export const captioned = ({ name, title, content, numbers }: Captioned): string => `<figure id="${escaped(name)}">
<figcaption><h2>${escaped(title)}</h2>${downloadsOf({ name, title, numbers })}</figcaption>
${content}
</figure>`;

/** HTML: links to a figure's numbers as CSV and as JSON, which are in the links themselves. */
export const downloadsOf = ({ name, title, numbers }: Omit<Captioned, 'content'>): string =>
  `<span class="downloads faint">${[
    ['CSV', 'csv', dataUrl('text/csv', toCsv(numbers))],
    ['JSON', 'json', dataUrl('application/json', toJson(numbers))],
  ]
    .map(
      ([format, ending, href]) =>
        `<a download="${escaped(name)}.${ending}" href="${href}" aria-label="${escaped(title)} as ${format}">${format}</a>`,
    )
    .join(' ')}</span>`;

/** A file's content as an address, so that it opens from disk and asks nobody. */
export function dataUrl(type: string, text: string): string {
  const bytes = new TextEncoder().encode(text);
  // A call takes a limited number of arguments.
  let binary = '';
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return `data:${type};charset=utf-8;base64,${btoa(binary)}`;
}
