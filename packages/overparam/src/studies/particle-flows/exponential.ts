/** Two significant digits, and 0 as 0: 1.2e-9. */
export const exponential = (value: number): string => (value === 0 ? '0' : value.toExponential(1));
