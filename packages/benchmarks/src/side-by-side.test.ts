import { expect, it } from 'vitest';
import { median, sideBySide } from './side-by-side.ts';
import { table } from './table.ts';

it('contenders take turns, and the warm-up is not timed', () => {
  const order: string[] = [];
  const contenders = ['a', 'b'].map((name) => ({ name, step: () => void order.push(name) }));
  const times = sideBySide(contenders, { rounds: 3, warmup: 1 });
  expect(order.join('')).toBe('abababab');
  expect(times.map((rounds) => rounds.length)).toEqual([3, 3]);
  expect(times.flat().every((time) => time >= 0)).toBe(true);
});

it('the median is the middle, or between the two middle ones', () => {
  expect(median([5, 1, 100])).toBe(5);
  expect(median([4, 1, 2, 100])).toBe(3);
});

it('a table has a head, and numbers with three digits', () => {
  expect(table([{ name: 'a', ms: 1.23456 }])).toBe('| name | ms |\n| --- | --- |\n| a | 1.23 |');
});
