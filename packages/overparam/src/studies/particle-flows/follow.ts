import { run, type Housekeeping, type MeasureOracle, type Method } from '@overparam/core';
import type { Measure } from '@overparam/wasserstein-flow';
import type { Working } from '../study.ts';

/** A flow, or another method that moves particles. */
interface ParticleMethod<State> extends Method<State, object, MeasureOracle> {
  measure(state: State): Measure;
}

/** What is known of a measure, by the study's own account. */
export interface Looked {
  readonly objective: number;
  /** The duality gap; null where there is no certificate. */
  readonly gap: number | null;
}

/** What a flow was at one of its iterations. */
export interface Moment extends Looked {
  readonly iteration: number;
  readonly measure: Measure;
}

interface Following<State> {
  readonly flow: ParticleMethod<State>;
  readonly oracle: MeasureOracle & Housekeeping;
  readonly iterations: number;
  /** How many moments to keep, about. */
  readonly moments: number;
  /** Iterations to keep anyway. */
  readonly also?: readonly number[];
  look(measure: Measure): Looked;
}

interface Snapshot<State> {
  readonly state: State;
  readonly moments: readonly Moment[];
}

/** Steps, or milliseconds, between two moments at which the work can be stopped. */
const STEPS_AT_A_TIME = 64;
const AT_MOST = 500;

/** Follows a flow, and keeps moments that lie close together at first; undefined where `progress` said to stop. */
export async function follow<State extends { readonly iteration: number }>(
  { flow, oracle, iterations, moments: count, also = [], look }: Following<State>,
  { from, progress }: Working,
): Promise<readonly Moment[] | undefined> {
  const even = Array.from({ length: count + 1 }, (_, k) => Math.round(iterations * (k / count) ** 3));
  const kept = new Set([...even, ...also]);
  let { state, moments } = (from as Snapshot<State> | undefined) ?? { state: flow.init(), moments: [] };
  let looked = -Infinity;
  for (;;) {
    const { iteration } = state;
    if (kept.has(iteration) && moments.at(-1)?.iteration !== iteration) {
      const measure = flow.measure(state);
      moments = [...moments, { iteration, ...look(measure), measure }];
    }
    const due = iteration % STEPS_AT_A_TIME === 0 || performance.now() - looked > AT_MOST;
    if (due || iteration === iterations) {
      looked = performance.now();
      const goesOn = await progress({
        done: iteration / iterations,
        text: `iteration ${iteration}/${iterations}  objective ${moments.at(-1)!.objective.toPrecision(6)}`,
        snapshot: (): Snapshot<State> => ({ state, moments }),
      });
      if (!goesOn) return undefined;
    }
    if (iteration === iterations) return moments;
    ({ state } = run(flow, oracle, state));
  }
}
