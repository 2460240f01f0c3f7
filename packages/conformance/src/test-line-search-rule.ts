import { register, type RunnerOptions } from './runner.ts';
import type { Check, Effort } from './check.ts';
import { memoryChecks, type MemoryRule } from './memory-rule-checks.ts';
import { searchChecks, type LineSearch, type SearchClaims } from './search-checks.ts';

/** A part of a line search, of the shape that it has in @overparam/line-search. */
export type LineSearchRule<Trial = never, State = never> =
  | { readonly search: LineSearch<Trial> }
  /** A reference value, with its memory. */
  | { readonly reference: MemoryRule<State> }
  /** A step size without a search, with its memory. */
  | { readonly stepSize: MemoryRule<State> };

export interface LineSearchRuleOptions<Trial = never> extends RunnerOptions, Effort {
  /** The rule's name in the title of its tests. */
  readonly name?: string;
  /** Of a search. */
  readonly claims?: SearchClaims<Trial>;
}

/**
 * Tests that a part of a line search keeps what it promises: one call in a test file, one test per promise.
 *
 * ```typescript
 * testLineSearchRule({ search: mySearch() }, { runner: { describe, it }, claims: { maxTrials: 60 } });
 * ```
 *
 * @throws OverparamError `BAD_OPTION`; its tests throw {@link PromiseBroken}
 */
export function testLineSearchRule<Trial = never, State = never>(
  rule: LineSearchRule<Trial, State>,
  options: LineSearchRuleOptions<Trial> = {},
): void {
  const kind = Object.keys(rule).join(', ');
  register(`the ${kind}${options.name ? ` '${options.name}'` : ''}`, lineSearchChecks(rule, options), options);
}

export function lineSearchChecks<Trial, State>(
  rule: LineSearchRule<Trial, State>,
  options: LineSearchRuleOptions<Trial> = {},
): Check[] {
  if ('search' in rule) return searchChecks(rule.search, options.claims ?? {}, options);
  return 'reference' in rule
    ? memoryChecks(rule.reference, 'reference', options)
    : memoryChecks(rule.stepSize, 'step size', options);
}
