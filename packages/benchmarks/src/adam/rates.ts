import type { Record } from './train.ts';

/** Six rates of Adam, about 3 between neighbours: what a careful user tries. */
export const adamRates: readonly number[] = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1];
export const sgdRates: readonly number[] = [1e-2, 1e-1, 1];

/** A multiple of a rate, with as few digits as the rates above. */
export const scaled = (rate: number, factor: number): number => Number((rate * factor).toPrecision(3));

/** The rate of the least train loss at the seed that has the most rates of this kind; NaN without any. */
export function best(records: readonly Record[], kind: 'adam' | 'adam-linear' | 'sgd'): number {
  const ours = records.filter(({ contestant }) => contestant.startsWith(`${kind} `));
  const counts = new Map<number, number>();
  for (const { seed } of ours) counts.set(seed, (counts.get(seed) ?? 0) + 1);
  const [seed] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), [NaN, 0]);
  const tried = ours.filter((record) => record.seed === seed);
  const rateOf = ({ contestant }: Record): number => Number(contestant.split(' ')[1]);
  const among = kind === 'adam' ? tried.filter((record) => adamRates.includes(rateOf(record))) : tried;
  const loss = ({ last }: Record): number => last?.train ?? Infinity;
  if (among.length === 0) return NaN;
  return rateOf(among.reduce((least, one) => (loss(one) < loss(least) ? one : least)));
}
