import { nistStrd } from '@overparam/datasets/nist-strd';
import { classics } from './least-squares-classics.ts';

interface Far {
  readonly name: string;
  readonly residuals: (x: Float64Array) => ArrayLike<number>;
  readonly start: readonly number[];
}

const named = ['MGH09', 'MGH10', 'MGH17', 'BoxBOD', 'Rat42', 'Misra1a', 'Eckerle4', 'Lanczos3'];
const all = [
  ...Object.entries(classics).map(([name, { residuals, starts }]) => ({ name, residuals, start: starts[0]! })),
  // Kowalik and Osborne's problem is MGH09, Meyer's is MGH10.
  ...nistStrd
    .filter(({ name }) => named.includes(name))
    .map(({ name, residuals, starts }) => ({ name, residuals, start: starts[0]! })),
];

/** Classic problems, and their standard starts multiplied by 1, 10 and 100; without starts where the cost overflows. */
export const farStarts: readonly Far[] = all.flatMap(({ name, residuals, start }) =>
  [1, 10, 100]
    .map((factor) => ({ name: `${name}, ${factor} x start`, residuals, start: start.map((x) => factor * x) }))
    .filter(({ residuals: r, start: x }) =>
      Number.isFinite(Array.from(r(Float64Array.from(x))).reduce((sum, ri) => sum + ri * ri, 0)),
    ),
);
