import { random } from './random.ts';

/** `count` of the samples 0 to N - 1, ascending, each subset as likely as any other; all of them when there are no more. */
export function sample(N: number, count: number, seed: number): readonly number[] {
  const all = Array.from({ length: N }, (_, n) => n);
  if (count >= N) return all;
  const draw = random(seed);
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(draw() * (N - i));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.slice(0, count).sort((a, b) => a - b);
}
