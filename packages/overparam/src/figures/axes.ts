import type * as Plot from '@observablehq/plot';

const labelled = (direction: 'x' | 'y', label: string): Plot.ScaleOptions =>
  direction === 'x'
    ? { label: `${label} →`, labelAnchor: 'right', labelOffset: 36, ticks: 6 }
    : { label: `↑ ${label}`, grid: true, ticks: 5 };

/** An axis with a label, and units in the label. */
export const linearAxis = (direction: 'x' | 'y', label: string): Plot.ScaleOptions => labelled(direction, label);

/** The same, logarithmic, with ticks for these values. */
export const logAxis = (direction: 'x' | 'y', label: string, values: readonly number[]): Plot.ScaleOptions => ({
  ...labelled(direction, `${label} (logarithmic)`),
  type: 'log',
  tickFormat: logTick,
  ...(values.length === 0 ? { domain: [0.1, 1], ticks: [] } : { ticks: logTicks(values) }),
});

/** Powers of ten, and 2 and 5 times them where the axis spans less than two decades. */
function logTicks(values: readonly number[]): number[] {
  let smallest = Infinity;
  let largest = -Infinity;
  for (const value of values) {
    smallest = Math.min(smallest, Math.log10(value));
    largest = Math.max(largest, Math.log10(value));
  }
  const every = Math.ceil((largest - smallest) / 8);
  const powers = Array.from(
    { length: Math.floor(largest) - Math.floor(smallest) + 1 },
    (_, i) => i + Math.floor(smallest),
  );
  const shown = largest - smallest < 2 ? [1, 2, 5] : [1];
  return powers
    .filter((power) => power % every === 0)
    .flatMap((power) => shown.map((leading) => Number(`${leading}e${power}`)))
    .filter((tick) => Math.log10(tick) >= smallest - 1e-9 && Math.log10(tick) <= largest + 1e-9);
}

const logTick = (value: number): string =>
  value >= 1e-3 && value < 1e4 ? String(value) : value.toExponential(0).replace('e+', 'e');
