import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleResults } from '../../test/sample-results.ts';
import { svgDocument } from '../report/svg-document.ts';
import { captioned, dataUrl, draw, figuresOf, numbersOf, themeFor, toCsv, toJson, type Figure, type Numbers } from './index.ts'; // prettier-ignore

const content = (address: string): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(address.split(';base64,')[1]!, 'base64'));

/** RFC 4180, read by its grammar. */
function readCsv(csv: string): (string | number | null)[][] {
  const lines: (string | number | null)[][] = [[]];
  for (const [, text, bare, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r]*))(,|\r\n)/g)) {
    lines.at(-1)!.push(text === undefined ? (bare === '' ? null : Number(bare)) : text.replaceAll('""', '"'));
    if (end === '\r\n') lines.push([]);
  }
  return lines.slice(0, -1);
}

const cell = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
  fc.constant(null),
);
const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });

describe('the numbers behind a figure', () => {
  it('survive CSV and JSON, whatever is in them', () => {
    fc.assert(
      fc.property(table, (numbers) => {
        expect(readCsv(toCsv(numbers))).toEqual(numbers);
        const [columns, ...data] = numbers;
        expect(JSON.parse(toJson(numbers))).toEqual({ columns, data });
      }),
    );
  });

  it('leave a gap where a number is not finite', () => {
    const numbers: Numbers = [['x'], [NaN], [Infinity], [2]];
    expect(toCsv(numbers)).toBe('"x"\r\n\r\n\r\n2\r\n');
    expect(toJson(numbers)).toBe('{"columns":["x"],"data":[[null],[null],[2]]}');
  });

  it('survive an address', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        (text) => void expect(content(dataUrl('text/csv', text))).toBe(text),
      ),
    );
    expect(content(dataUrl('text/csv', 'x'.repeat(1e6))).length).toBe(1e6);
  });

  it('name what a line, a point and its spread are', () => {
    const line = { label: 'lr 0.1', points: [{ x: 1, y: 2, low: 1.5, high: 3 }] };
    const figure: Figure = {
      name: 'f',
      title: 'F',
      x: 'time (s)',
      y: 'loss',
      scale: 'log',
      dots: true,
      series: [line],
    };
    expect(numbersOf(figure)).toEqual([
      ['method', 'time (s)', 'loss'],
      ['lr 0.1', 1, 2],
    ]);
    expect(numbersOf({ ...figure, of: 'setting', spread: ['median', 'lower quartile', 'upper quartile'] })).toEqual([
      ['setting', 'time (s)', 'loss: median', 'lower quartile', 'upper quartile'],
      ['lr 0.1', 1, 2, 1.5, 3],
    ]);
  });
});

describe('captioned', () => {
  it('offers the numbers as CSV and JSON, and shows text as text', () => {
    const figure = figuresOf(sampleResults())[0]!;
    const html = captioned({ name: 'a', title: '<b>"&', content: '', numbers: numbersOf(figure) });
    expect(html).not.toContain('<b>');
    const [csv, json] = [...html.matchAll(/href="([^"]*)"/g)].map(([, address]) => content(address!));
    expect(csv).toBe(toCsv(numbersOf(figure)));
    expect(json).toBe(toJson(numbersOf(figure)));
    expect(html).toContain('download="a.csv"');
    expect(html).toContain('download="a.json"');
  });
});

describe('draw', () => {
  const points = [0, 1, 2, 3].map((i) => ({ x: 10 ** -i, y: i === 2 ? NaN : 1 + i }));
  const figure: Figure = {
    name: 'rates',
    title: 'a < b & "c"',
    x: 'learning rate',
    y: 'loss',
    scale: 'log',
    xScale: 'log',
    dots: true,
    series: [{ label: 'adam', points }],
  };

  it('has a logarithmic x axis where it is asked for, and leaves out what is not finite', () => {
    const { outerHTML } = draw(figure, { document: svgDocument() });
    expect(outerHTML).toContain('learning rate (logarithmic) →');
    expect(outerHTML).not.toMatch(/NaN|Infinity|undefined/);
    expect(outerHTML.match(/<circle/g)!.length).toBe(3);
    // No band where no point has a spread.
    expect(outerHTML).not.toContain('aria-label="area"');
  });

  it('takes its colours from the theme, for light and for dark', () => {
    const used = new Set(draw(figure, { document: svgDocument() }).outerHTML.match(/var\(--[\w-]+/g));
    const [light, dark] = themeFor('main').split('@media');
    for (const property of used) for (const half of [light, dark]) expect(half).toContain(`${property.slice(4)}:`);
  });
});
