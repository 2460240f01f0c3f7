/** Linear between order statistics: Hyndman and Fan's definition 7. */
export function quartilesOf(values: readonly number[]): {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
} {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
    return below + (place - Math.floor(place)) * (above - below);
  };
  return { low: at(0.25), middle: at(0.5), high: at(0.75) };
}
