import { badOption, type Inquiry } from '@overparam/core';

/** What a search knows before its first trial: f along the ray w + step d, at step 0. */
export interface Line {
  /** The first step to try. */
  readonly initial: number;
  /** f(w) */
  readonly value: number;
  /** <g, d>, negative; or minus the number that a paper puts in its place as the unit of decrease. */
  readonly slope: number;
  /** What a trial is compared with: f(w) for a monotone search, more for a nonmonotone one. */
  readonly reference: number;
}

/** Asks for what is known at w + step d: the value alone, or more, as the search needs. */
export type Probe<Trial> = (step: number) => Inquiry<Trial>;

/** The trial of a search that needs slopes too. */
export interface SlopeTrial {
  /** phi(step) = f(w + step d) */
  readonly value: number;
  /** phi'(step) = <g(w + step d), d> */
  readonly slope: number;
}

/** How a search ended. */
export interface Found<Trial> {
  /** The step of `trial`: the accepted one, or else the last tried. */
  readonly step: number;
  readonly trial: Trial;
  readonly accepted: boolean;
  /** Why the search ended short of its conditions, if it did. */
  readonly why: null | 'max-trials' | 'small-interval' | 'max-step';
  /** What the search would have tried next; `step`, if that meets the conditions. */
  readonly next: number;
  /** How many trials came after the first. */
  readonly backtracks: number;
  /** How many trials were made. */
  readonly forwards: number;
}

/**
 * A line search: trial steps out, what is found there in. It ends, whatever is found: after `maxTrials` trials at the latest.
 * Every step that it tries is finite, and > 0.
 */
export type Search<Trial> = (probe: Probe<Trial>, line: Line) => Inquiry<Found<Trial>>;

/** Whether a trial is good enough. A NaN never is. */
export type Condition<Trial> = (step: number, trial: Trial, line: Line) => boolean;

/**
 * A number that a trial has to give; NaN and Infinity are numbers.
 * @throws OverparamError `BAD_OPTION` for anything else, such as a promise, or a value where a slope is needed too
 */
export function checkedNumber(
  needing: string,
  step: number,
  given: unknown,
  part?: 'value' | 'slope' | 'squaredGradientChange',
): number {
  if (typeof given === 'number') return given;
  const name = part === undefined ? `The trial at step ${step}` : `'${part}' of the trial at step ${step}`;
  const other = typeof given === 'object' && given !== null ? 'an object' : given;
  throw badOption(
    name,
    other,
    part === undefined
      ? `a number, f there: ${needing} compares values alone`
      : `a number: ${needing} needs it at every trial`,
  );
}
