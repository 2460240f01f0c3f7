import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type ContestantId, titles } from './contestants.ts';
import { type Measurement } from './measure.ts';
import { type Report } from './report.ts';
import { medianRatio } from './statistics.ts';

const shown: readonly ContestantId[] = ['stock', 'relaxed-all', 'relaxed', 'simd', 'torch', 'torch-all'];
const colors: Readonly<Partial<Record<ContestantId, string>>> = {
  stock: '#b8b8b8',
  'relaxed-all': '#0f4470',
  relaxed: '#1b6ca8',
  simd: '#7fb4d8',
  torch: '#e0a458',
  'torch-all': '#c46a1d',
};

/**
 * A bar for each contestant and training step: its speed as a multiple of PyTorch's on one thread, or of the package's where
 * there is no PyTorch.
 */
export function chart({ measurements, cpu }: Report): string {
  const steps = measurements.filter((m) => m.flops === undefined);
  const one: ContestantId = steps.some((m) => m.milliseconds.torch) ? 'torch' : 'simd';
  const present = shown.filter((id) => steps.some((m) => m.milliseconds[id] ?? m.impossible[id]));
  const bars = steps.flatMap((m) => present.flatMap((id) => bar(m, id, one)));
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    document: document as unknown as Document,
    width: 860,
    height: steps.length * (present.length * 13 + 14) + 70,
    marginLeft: 330,
    marginRight: 110,
    marginTop: 40,
    style: { fontFamily: 'system-ui, sans-serif', fontSize: '11px', background: 'white' },
    x: { label: `speed of a training step, ${titles[one]} = 1 (${cpu})`, grid: true, axis: 'top' },
    y: { axis: null, domain: present.map((id) => titles[id]) },
    fy: { label: null, domain: steps.map((m) => m.title), axis: 'left' },
    color: { domain: present.map((id) => titles[id]), range: present.map((id) => colors[id]!) },
    marks: [
      Plot.barX(bars, { x: 'speed', y: 'contestant', fy: 'title', fill: 'contestant' }),
      Plot.text(bars, { x: 'speed', y: 'contestant', fy: 'title', text: 'label', textAnchor: 'start', dx: 3 }),
      Plot.ruleX([0]),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}

function bar(m: Measurement, id: ContestantId, one: ContestantId): readonly object[] {
  const [reference, values] = [m.milliseconds[one], m.milliseconds[id]];
  if (!reference) return [];
  const speed = values ? medianRatio(reference, values) : 0;
  const label = values ? `${speed.toFixed(2)} ${titles[id]}` : `${titles[id]} cannot`;
  return values || m.impossible[id] ? [{ title: m.title, contestant: titles[id], speed, label }] : [];
}
