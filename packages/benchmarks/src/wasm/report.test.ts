import { describe, expect, it } from 'vitest';
import { chart } from './chart.ts';
import { type Measurement } from './measure.ts';
import { markdownTable, plainTable, table } from './report.ts';

const product: Measurement = {
  id: 'matMul',
  title: 'matMul 100',
  flops: 2e6,
  milliseconds: { stock: [4, 8], relaxed: [0.1, 0.2], torch: [0.05, 0.1] },
  impossible: {},
  peak: { simd: [], relaxed: [40, 20] },
};
const step: Measurement = {
  id: 'lenet',
  title: 'LeNet-5',
  milliseconds: { relaxed: [20, 20], torch: [10, 5] },
  impossible: { stock: 'no kernel' },
  peak: { simd: [], relaxed: [] },
};

describe('the report', () => {
  const rows = table([product, step]);

  it('has times, ratios of rounds, and the share of the peak', () => {
    expect(rows[0]).toEqual([
      'case',
      ...['tfjs-wasm, ms', 'ours, FMA, ms', 'PyTorch, 1 thread, ms'],
      ...['ours, FMA / tfjs-wasm', 'ours, FMA / PyTorch, 1 thread', 'rate, of peak'],
    ]);
    expect(rows[1]).toEqual(['matMul 100', '6.00', '0.150', '0.0750', '40x', '0.50x', '15.0 GF/s, 50%']);
    expect(rows[2]).toEqual(['LeNet-5', 'cannot', '20.0', '7.50', '', '0.38x', '']);
  });

  it('compares all threads with one, and with PyTorch on as many', () => {
    const [head, row] = table([
      { ...step, milliseconds: { relaxed: [20, 20], 'relaxed-all': [10, 11], torch: [10, 5], 'torch-all': [5, 5.5] } },
    ]);
    expect(row!.slice(head!.length - 2)).toEqual(['1.91x', '0.50x']);
    expect(head!.slice(-2).map((title) => title.replace(/ \d+ /g, ' n '))).toEqual([
      'ours, FMA, n threads / ours, FMA',
      'ours, FMA, n threads / PyTorch, n threads',
    ]);
  });

  it('is a table in the terminal and in Markdown', () => {
    expect(
      new Set(
        plainTable(rows)
          .split('\n')
          .map((line) => line.length),
      ).size,
    ).toBe(1);
    expect(markdownTable(rows).split('\n')[1]).toBe('| --- | --: | --: | --: | --: | --: | --: |');
  });

  it('is a chart of the training steps', () => {
    const svg = chart({ command: '', cpu: 'CPU', node: '20', date: '', rounds: 2, measurements: [product, step] });
    expect(svg).toMatch(/^<svg[^>]* xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain('LeNet-5');
    expect(svg).toContain('tfjs-wasm cannot');
    expect(svg).not.toContain('matMul');
  });
});
