/** Something to be timed; `step` runs to its end before it returns. */
export interface Contender {
  readonly name: string;
  step(): void;
}

/**
 * Milliseconds of each step, contender by contender. They take turns, so that a slow moment of the machine affects all of
 * them alike.
 */
export function sideBySide(
  contenders: readonly Contender[],
  { rounds, warmup }: { readonly rounds: number; readonly warmup: number },
): number[][] {
  const times = contenders.map((): number[] => []);
  for (let round = -warmup; round < rounds; round++)
    contenders.forEach(({ step }, i) => {
      const start = performance.now();
      step();
      if (round >= 0) times[i]!.push(performance.now() - start);
    });
  return times;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
