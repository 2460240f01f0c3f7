export { figuresOf, type Figure } from './figures.ts';
export { draw, type DrawOptions } from './draw.ts';
export { toCsv, type Point, type Series } from './series.ts';
export { byMethod, summarize, type MethodRuns, type Summary } from './summary.ts';
export { colorOf, dashOf, PALETTE, themeFor } from './palette.ts';
export { linearAxis, logAxis } from './axes.ts';
export { framed } from './framed.ts';
