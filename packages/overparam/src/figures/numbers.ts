import type { Figure } from './figures.ts';

/** The numbers behind a figure: a line of names, and lines of values. */
export type Numbers = readonly (readonly (string | number | null)[])[];

/** `method, x, y: median, smallest, largest`, one line a point; without a spread `method, x, y`. */
export function numbersOf({ x, y, of = 'method', spread, series }: Figure): Numbers {
  const head = spread ? [of, x, `${y}: ${spread[0]}`, spread[1], spread[2]] : [of, x, y];
  const lines = series.flatMap(({ label, points }) =>
    points.map((point) => [label, point.x, point.y, ...(spread ? [point.low ?? point.y, point.high ?? point.y] : [])]),
  );
  return [head, ...lines];
}

/** As RFC 4180 has it. What is not a finite number stays empty. */
export const toCsv = (numbers: Numbers): string =>
  numbers
    .map((line) => `${line.map((cell) => (typeof cell === 'string' ? quoted(cell) : finite(cell))).join(',')}\r\n`)
    .join('');

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const finite = (value: number | null): string => (Number.isFinite(value) ? String(value) : '');

/** `{"columns": [...], "data": [[...], ...]}`, which pandas reads as `orient="split"`; null where a number is not finite. */
export const toJson = ([columns, ...data]: Numbers): string => JSON.stringify({ columns: columns ?? [], data });
