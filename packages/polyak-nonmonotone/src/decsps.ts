import { type Method, withDefaults } from '@overparam/core';
import { decsps as rule, type DecSpsOptions as RuleOptions, type DecSpsState } from '@overparam/line-search';
import { resolveGuards, type GuardOptions } from './guards.ts';
import { type StepReport } from './report.ts';
import { stepRuleMethod } from './step-rule-method.ts';

export interface DecSpsOptions extends RuleOptions {
  readonly guards?: GuardOptions;
}

/**
 * DecSPS, decreasing stochastic Polyak steps for problems that do not interpolate: eta_k = min((f - l*) / |g|^2,
 * c_{k-1} eta_{k-1}) / c_k with c_k = c0 sqrt(k + 1). Orvieto, Lacoste-Julien and Loizou, NeurIPS 2022,
 * arXiv 2205.04583.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function decsps(options: DecSpsOptions = {}): Method<DecSpsState, StepReport> {
  const { guards, ...all } = withDefaults<DecSpsOptions>(
    'decsps',
    { c0: 1, gamma_b: 1, lower_bound: 0, guards: true },
    options,
  );
  const { init, next } = rule(all);
  return stepRuleMethod({
    name: 'decsps',
    options,
    guards: resolveGuards('decsps', guards),
    least: all.lower_bound,
    init,
    next,
  });
}
