import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { sampleResults } from '../../test/sample-results.ts';
import { draw, figuresOf, PALETTE } from '../figures/index.ts';
import { parseResults, type Results } from '../results/results.ts';
import { pictureOf, reportOf } from './report.ts';
import { studyPictureOf } from './study-report.ts';
import { svgDocument } from './svg-document.ts';

const NAMES = ['loss-epochs', 'accuracy-epochs', 'loss-seconds', 'step-size', 'loss-steps', 'backtracks', 'accuracy-seconds', 'evaluations']; // prettier-ignore

/** Everything that a browser would fetch. */
const references = (text: string): string[] =>
  [...text.matchAll(/(?:src|href|srcset|data|action|poster)\s*=\s*["']?([^"'\s>]+)|url\(([^)]*)\)|@import\s+(\S+)/gi)]
    .map(([, a, b, c]) => (a ?? b ?? c)!)
    .filter((reference) => !reference.startsWith('data:') && !reference.startsWith('#'));

const decoded = (href: string): string => Buffer.from(href.split('base64,')[1]!, 'base64').toString();

/** What is left of XML when its elements, its text and its references are taken away. */
function malformed(xml: string): string {
  const text = xml.replace(/&(?:lt|gt|amp|quot|apos|#\d+);/g, '');
  const attribute = String.raw`\s+[\w:-]+="[^"<&]*"`;
  const element = new RegExp(String.raw`<([\w:-]+)(?:${attribute})*\s*(?:/>|>[^<&]*</\1>)`, 'g');
  const inner = text.replace(element, '');
  return inner === text ? inner.trim() : malformed(inner);
}

describe('reportOf', () => {
  const html = reportOf(sampleResults());
  const { document } = parseHTML(html);

  it('needs no other file, and forbids all', () => {
    expect(references(html)).toEqual([]);
    expect(html).not.toMatch(/<(script|link|iframe|object|embed|base)\b/i);
    expect(html.replaceAll('http://www.w3.org/', '')).not.toMatch(/https?:\/\//);
    expect(document.querySelector('meta[http-equiv=Content-Security-Policy]')?.getAttribute('content')).toContain(
      "default-src 'none'",
    );
  });

  it('has all figures, with labelled axes, a line a method and a band', () => {
    expect([...document.querySelectorAll('figure')].map(({ id }) => id)).toEqual(NAMES);
    for (const figure of document.querySelectorAll('figure')) {
      const text = figure.querySelector('svg[role=img]')!.textContent!;
      expect(text, figure.id).toContain('→');
      expect(text, figure.id).toContain('↑');
      expect(figure.querySelectorAll('[aria-label=line] path').length, figure.id).toBe(2);
      expect(figure.querySelectorAll('[aria-label=area] path').length, figure.id).toBeGreaterThan(0);
    }
  });

  it('brings the numbers along, whole and figure by figure', () => {
    const json = document.querySelector('a[download="results.json"]')!.getAttribute('href')!;
    expect(parseResults(decoded(json))).toEqual(sampleResults());
    const csv = decoded(document.querySelector('a[download="loss-epochs.csv"]')!.getAttribute('href')!)
      .trim()
      .split('\r\n');
    expect(csv[0]).toBe('"method","epoch","train loss: median","smallest","largest"');
    expect(csv.length).toBe(1 + 2 * 4);
    const losses = sampleResults()
      .runs.filter(({ method }) => method === 'ponos')
      .map(({ epochs }) => epochs[1]!.trainLoss!);
    const [smallest, middle, largest] = losses.sort((a, b) => a - b);
    expect(csv[2]).toBe(`"PoNoS",1,${middle},${smallest},${largest}`);
  });

  it('has a table, with the best in bold', () => {
    const rows = [...document.querySelectorAll('tbody tr')];
    expect(rows.map((row) => row.querySelector('td')!.textContent)).toEqual(['PoNoS', 'adam']);
    expect(document.querySelectorAll('td.best').length).toBeGreaterThanOrEqual(3);
  });

  it('is light and dark, and never distinguishes methods by colour alone', () => {
    expect(html).toContain('prefers-color-scheme: dark');
    expect(new Set(PALETTE.map(({ dash }) => dash)).size).toBe(PALETTE.length);
  });

  it('shows text of outside as text', () => {
    const results = sampleResults({ methods: ['ponos', '<img src=x onerror=alert(1)>'] });
    for (const shown of [reportOf(results), pictureOf(results)]) expect(shown).not.toContain('<img');
  });
});

describe('the palette', () => {
  const luminance = (hex: string): number => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255) as [number, number, number];
    const linear = (x: number): number => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const contrast = (a: string, b: string): number => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
    return (light + 0.05) / (dark + 0.05);
  };
  it.each(PALETTE)('$light and $dark stand out 3 : 1 from the paper', ({ light, dark }) => {
    expect(contrast(light, '#ffffff')).toBeGreaterThanOrEqual(3);
    expect(contrast(dark, '#14181d')).toBeGreaterThanOrEqual(3);
  });
});

describe('figures', () => {
  const changed = (change: (run: Results['runs'][number]) => object): Results => {
    const results = sampleResults();
    return { ...results, runs: results.runs.map((run) => ({ ...run, ...change(run) })) };
  };

  it.each<[string, Results]>([
    ['one seed', sampleResults({ seeds: [0] })],
    ['one epoch', sampleResults({ epochs: 1 })],
    ['hundreds of epochs', sampleResults({ epochs: 300, seeds: [0] })],
    ['twelve methods', sampleResults({ methods: Array.from({ length: 12 }, (_, i) => `m${i}`) })],
    ['nothing finite', changed(({ epochs, trace }) => ({ epochs: epochs.map((e) => ({ ...e, trainLoss: null })), trace: { ...trace, loss: trace.loss.map(() => null) } }))], // prettier-ignore
    ['steps of zero', changed(({ trace }) => ({ trace: { ...trace, stepSize: trace.stepSize.map(() => 0) } }))],
    ['seeds that stopped at different epochs', changed(({ seed, epochs }) => ({ epochs: epochs.slice(0, seed + 2) }))],
    [
      'tiny losses',
      changed(({ epochs }) => ({ epochs: epochs.map((e) => ({ ...e, trainLoss: 1e-300 * (1 + e.epoch) })) })),
    ],
  ])('are drawn for %s', (_, results) => {
    for (const figure of figuresOf(results)) {
      const { outerHTML } = draw(figure, { document: svgDocument() });
      expect(outerHTML, figure.name).not.toMatch(/NaN|Infinity|undefined/);
    }
    expect(reportOf(results)).toContain('</html>');
  });
});

describe('pictureOf', () => {
  it('is one SVG with both figures and no other file', () => {
    const svg = pictureOf(sampleResults());
    expect(references(svg)).toEqual([]);
    expect(svg.match(/<svg\b/g)!.length).toBe(3);
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
  });

  it('is well-formed XML, whatever its titles', () => {
    const results = { ...sampleResults({ methods: ['a < b & "c"', "d > 'e'"] }), title: 'x < y & "z"' };
    const title = 'loss < 1 & "more"';
    const plots = { marks: [] };
    const figure = { name: 'f', title, plots, numbers: [] };
    const study = { title, text: [title], tables: [], figures: [figure] };
    const pictures = [pictureOf(results), studyPictureOf(study, study)];
    for (const picture of pictures) expect(malformed(picture)).toBe('');
    expect(malformed('<svg aria-label="a < b"/>')).not.toBe('');
    expect(malformed('<svg><g></svg>')).not.toBe('');
  });
});
