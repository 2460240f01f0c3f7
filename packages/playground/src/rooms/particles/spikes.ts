import { badOption } from '@overparam/core';
import { randomSpikes, type Measure } from '@overparam/wasserstein-flow';

/** How many spikes are drawn from a seed. */
const drawn = 3;
/** Frequencies up to 4 cannot recover more. */
const most = 8;

/** `1:0.5 2.5:-0.2`: angle and weight of each spike; empty for spikes that are drawn from the seed. @throws OverparamError `BAD_OPTION` */
export function readSpikes(text: string, seed: number): Measure {
  if (text.trim() === '') return randomSpikes({ spikes: drawn, separation: 0.5, seed });
  const pairs = text
    .trim()
    .split(/\s+/)
    .map((pair) => pair.split(':').map((part) => (part === '' ? NaN : Number(part))));
  const right = ([x, a, ...more]: number[]): boolean =>
    more.length === 0 && Number.isFinite(x) && Math.abs(a!) >= least && Math.abs(a!) <= 1;
  if (pairs.length > most || !pairs.every(right))
    throw badOption('spikes', text, `up to ${most} of angle:weight, as in 1:0.5 2.5:-0.2, with weights from -1 to 1`);
  return { positions: pairs.map(([x]) => [onCircle(x!)]), weights: pairs.map(([, a]) => a!) };
}

export const writeSpikes = ({ positions, weights }: Measure): string =>
  positions.map(([x], i) => `${x!.toFixed(2)}:${weights[i]!.toFixed(2)}`).join(' ');

/** The least size of a weight, so that a spike stays one. */
export const least = 0.02;

/** An angle from 0 to 2 pi. */
export const onCircle = (x: number): number => ((x % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI);

/** The spikes with one of them elsewhere. */
export function withSpike({ positions, weights }: Measure, i: number, x: number, weight: number): Measure {
  const size = Math.min(1, Math.max(least, Math.abs(weight)));
  const a = (weight < 0 ? -1 : 1) * size;
  return {
    positions: positions.map((old, k) => (k === i ? [Number(onCircle(x).toFixed(2))] : old)),
    weights: weights.map((old, k) => (k === i ? Number(a.toFixed(2)) : old)),
  };
}
