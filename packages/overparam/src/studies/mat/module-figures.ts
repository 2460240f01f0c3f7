import * as Plot from '@observablehq/plot';
import { linearAxis } from '../../figures/index.ts';
import type { StudyFigure } from '../study.ts';
import type { Trained } from './compared.ts';

interface Cell {
  readonly from: number;
  readonly to: number;
  readonly module: string;
  readonly lambda: number;
  readonly active: boolean;
}

/** A selection and a module each. */
function cellsOf({ result: { candidates, selections, measurements } }: Trained): readonly Cell[] {
  const end = measurements.at(-1)!.step;
  return selections.flatMap(({ step, lambda, active }, t) =>
    candidates.map((module, l) => ({
      from: step,
      to: selections[t + 1]?.step ?? end,
      module,
      lambda: lambda[l]!,
      active: active[l]!,
    })),
  );
}

/** Room for the names of modules. */
const frame = { marginLeft: 150 };
/** From the input, below, to the output. */
const rows = ({ result }: Trained): { domain: string[]; label: null } => ({
  domain: [...result.candidates].sort().reverse(),
  label: null,
});

/** lambda_max by module over time: the paper's figure 1a. */
export function lambdaFigure(trained: Trained): StudyFigure {
  const cells = cellsOf(trained);
  const logarithm = ({ lambda }: Cell): number => Math.log10(lambda);
  const shown = cells.filter(({ lambda }) => lambda > 0);
  const [least, most] = [Math.min(...shown.map(logarithm)), Math.max(...shown.map(logarithm))];
  return {
    name: 'lambda-max',
    title: `lambda_max of the modules: ${trained.piece.label}`,
    note: `The darker, the larger, on a logarithmic scale from ${(10 ** least).toExponential(1)} to ${(10 ** most).toExponential(1)}.`,
    plots: {
      ...frame,
      x: linearAxis('x', 'step'),
      y: rows(trained),
      marks: [
        Plot.barX(shown, {
          x1: 'from',
          x2: 'to',
          y: 'module',
          fill: 'var(--series-0)',
          fillOpacity: (cell: Cell) => 0.06 + 0.94 * ((logarithm(cell) - least) / (most - least || 1)),
          inset: 0.5,
        }),
      ],
    },
    numbers: [['step', 'module', 'lambda_max'], ...cells.map(({ from, module, lambda }) => [from, module, lambda])],
  };
}

/** Which modules were trained when. */
export function activeFigure(trained: Trained): StudyFigure {
  const cells = cellsOf(trained);
  return {
    name: 'active-modules',
    title: `Modules that were trained: ${trained.piece.label}`,
    plots: {
      ...frame,
      x: linearAxis('x', 'step'),
      y: rows(trained),
      marks: [
        Plot.barX(
          cells.filter(({ active }) => active),
          { x1: 'from', x2: 'to', y: 'module', fill: 'var(--series-2)', inset: 0.5 },
        ),
      ],
    },
    numbers: [
      ['step', 'module', 'trained'],
      ...cells.map(({ from, module, active }) => [from, module, Number(active)]),
    ],
  };
}
