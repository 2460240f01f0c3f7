import { expect, it } from 'vitest';
import { onCircle, readSpikes, withSpike, writeSpikes } from './spikes.ts';

it('spikes are read and written', () => {
  const text = '1.00:0.50 2.50:-0.20';
  const spikes = { positions: [[1], [2.5]], weights: [0.5, -0.2] };
  expect(readSpikes(text, 1)).toEqual(spikes);
  expect(writeSpikes(spikes)).toBe(text);
  expect(readSpikes('-1:1', 1).positions[0]![0]).toBeCloseTo(2 * Math.PI - 1, 12);
  expect(readSpikes('', 1)).toEqual(readSpikes(' ', 1));
  expect(readSpikes('', 1)).not.toEqual(readSpikes('', 2));
});

it.each(['1', '1:', ':1', '1:0', '1:2', '1:0.5:3', 'a:0.5', 'Infinity:0.5', Array(9).fill('1:0.5').join(' ')])(
  '%s is refused',
  (text) => expect(() => readSpikes(text, 1)).toThrow(/spikes is .* up to 8 of angle:weight/),
);

it('a spike that is moved stays on the circle, and stays a spike', () => {
  const spikes = { positions: [[1], [2]], weights: [0.5, -0.2] };
  expect(withSpike(spikes, 1, 7, -3)).toEqual({
    positions: [[1], [Number(onCircle(7).toFixed(2))]],
    weights: [0.5, -1],
  });
  expect(withSpike(spikes, 0, -0.5, 0).weights).toEqual([0.02, -0.2]);
});
