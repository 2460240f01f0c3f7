/** A number as JSON can hold it: itself, or the name of a number that is not finite. */
export type PlainNumber = number | 'Infinity' | '-Infinity' | 'NaN';

export const toPlain = (value: number): PlainNumber =>
  Number.isFinite(value) ? value : (String(value) as PlainNumber);

export const fromPlain = (value: PlainNumber): number => Number(value);
