/** Three significant digits: 0.123, 4.56e-7, 1,234. */
export function significant(value: number | null): string {
  if (value === null) return 'not finite';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3);
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** 75 s, 2:05 min, 1:02:05 h */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 100) return `${seconds < 10 ? seconds.toFixed(1) : whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)} h`;
}
