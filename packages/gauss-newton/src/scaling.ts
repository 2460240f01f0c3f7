import { badOption, withDefaults, type ColumnScaling } from '@overparam/core';

export type ScalingOption = boolean | Partial<ColumnScaling>;

/**
 * The bounds of D = clip(diag(J^T J), min, max): those of the Ceres Solver by default.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function resolveScaling(option: ScalingOption): ColumnScaling | undefined {
  if (option === false) return undefined;
  const { min, max } = withDefaults<Partial<ColumnScaling>>(
    'scaling',
    { min: 1e-6, max: 1e32 },
    option === true ? {} : option,
  );
  if (!(min > 0 && Number.isFinite(min))) throw badOption('scaling.min', min, 'a finite number > 0');
  if (!(max >= min && Number.isFinite(max))) throw badOption('scaling.max', max, `a finite number >= min = ${min}`);
  return { min, max };
}
