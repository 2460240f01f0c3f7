import { escaped } from './escaped.ts';
import { colorOf, dashOf } from './palette.ts';

/** HTML: a list of what the lines of a figure are. */
export const legendOf = (labels: readonly string[], name: string): string =>
  `<ul class="legend" aria-label="${escaped(name)}">${labels.map((label, i) => `<li>${keyOf(i)}${escaped(label)}</li>`).join('')}</ul>`;

/** SVG: the line by which a figure draws the i-th label. */
export const keyOf = (i: number): string =>
  `<svg class="key" width="28" height="8" aria-hidden="true"><line x1="0" x2="28" y1="4" y2="4" stroke="${colorOf(i)}" stroke-width="${i === 0 ? 2.6 : 2}" stroke-dasharray="${dashOf(i)}"/></svg>`;
