import { add, concat, keep, reshape, scalar, zeros, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { OverparamError, isOverparamError } from '@overparam/core';
import { disposeAll, engine } from '../recording/engine.ts';
import { list, type Graph, type Source } from '../recording/graph.ts';
import type { Reading } from '../recording/reading.ts';
import { dependsOnData, type Independence } from './independence.ts';
import { jacobian, type Jacobian, type JacobianOptions } from './jacobian.ts';
import { tensorsOf, type Outcome } from './outcome.ts';
import { fromResult, reverse, way, type Cotangent } from './reverse.ts';
import { structureOf, type Structure } from './structure.ts';

/** A loss f = L(terms(w)), seen from where its samples come together: N x C numbers, the rows of which belong to samples. */
export interface LossTerms {
  /** N */
  readonly samples: number;
  /** C */
  readonly width: number;
  /** Of the terms. */
  readonly jacobian: Jacobian;
  /** dL / d terms, N x C; kept, for the caller to dispose of. */
  gradient(): Tensor;
}

export interface LossTermsOptions extends JacobianOptions {
  /** N, where it is known. */
  readonly samples: number | undefined;
  /** The number of samples of the graphs seen so far. */
  readonly counts: Map<string, number>;
}

type Place = Omit<Cotangent, 'tensor'>;

/**
 * The terms of a recorded loss. N is the number of blocks of rows that do not act on one another below the terms: every
 * length of a first axis is tried, and the largest taken with which the fewest parameters act on several blocks at
 * once. What does not depend on data (regularizers) is no
 * term.
 *
 * @throws OverparamError `SAMPLES_COUPLED` where samples act on one another for every N; `NO_SAMPLES` where the given N
 *   is not that of the loss
 */
export function* lossTerms(
  graph: Graph,
  variables: readonly Variable[],
  { samples, counts, ...options }: LossTermsOptions,
): Reading<LossTerms> {
  const structure = structureOf(graph);
  const seenAs = (N: number): LossTerms | undefined => {
    const places = placesOf(structure, N);
    if (places.length === 0) return undefined;
    const outcome = tensorsOf(graph, places, N);
    return {
      samples: N,
      width: outcome.width,
      jacobian: jacobian(structure, variables, outcome, options),
      gradient: () => gradientIn(structure, places, outcome),
    };
  };
  const { given, all } = firstLengths(graph);
  const signature = [...all, ...graph.order.map((step) => graph.steps[step]!.name)].join();
  const known = samples ?? counts.get(signature);
  if (known !== undefined) {
    const terms = seenAs(known);
    if (!terms) throw noSamples(known);
    yield* terms.jacobian.examine();
    return terms;
  }

  const passed: { readonly terms: LossTerms; readonly found: Independence }[] = [];
  let coupled: unknown;
  for (const N of all) {
    const terms = seenAs(N);
    if (!terms) continue;
    try {
      passed.push({ terms, found: yield* terms.jacobian.examine() });
    } catch (error) {
      if (!isOverparamError(error, 'SAMPLES_COUPLED')) throw error;
      coupled ??= error;
    }
  }
  if (passed.length === 0 && coupled) throw coupled;
  // Where derivatives vanish nothing shows which samples act on one another: take the fewest.
  const certain = passed.every(({ found: { conclusive } }) => conclusive);
  const fewest = Math.min(...passed.map(({ found: { shared } }) => shared));
  const best = certain
    ? passed.find(({ found: { shared } }) => shared === fewest)
    : (passed.findLast(({ terms: { samples: N } }) => given.includes(N)) ?? passed.at(-1));
  const terms = best?.terms ?? seenAs(1);
  if (!terms) throw noSamples(1);
  if (certain) counts.set(signature, terms.samples);
  return terms;
}

/** The lengths of first axes, the largest first: of constants, and of anything. */
function firstLengths({ steps, order, valueOf }: Graph): {
  readonly given: readonly number[];
  readonly all: readonly number[];
} {
  const given = new Set<number>();
  const made = new Set<number>();
  for (const step of order) {
    made.add(valueOf({ step, output: 0 }).shape[0] ?? 1);
    for (const input of list(steps[step]!.inputs))
      if (input && 'constant' in input) given.add(input.constant.shape[0] ?? 1);
  }
  const sorted = (lengths: Iterable<number>): number[] =>
    [...lengths].filter((length) => length > 1).sort((a, b) => b - a);
  return { given: sorted(given), all: sorted(new Set([...given, ...made])) };
}

/** From the result backwards, the first tensors of data whose rows can be dealt out to N samples. */
function placesOf({ graph, viewOf }: Structure, N: number): Place[] {
  const ofData = dependsOnData(graph, ([rows = 0]) => rows > 0 && rows % N === 0);
  const places: Place[] = [];
  const seen = new Set<string>();
  const pending: Source[] = [graph.result];
  for (let source = pending.pop(); source; source = pending.pop()) {
    if (!('step' in source) || viewOf(source) || seen.has(`${source.step}/${source.output}`)) continue;
    seen.add(`${source.step}/${source.output}`);
    const { shape, dtype } = graph.valueOf(source);
    if (shape.length > 0 && shape[0]! % N === 0 && dtype === 'float32') {
      if (ofData(source.step)) places.push({ step: source.step, output: source.output });
    } else pending.push(...list(graph.steps[source.step]!.inputs).filter((input) => input !== undefined));
  }
  return places.sort((a, b) => a.step - b.step || a.output - b.output);
}

/** The derivative of the graph's result in the tensors at these places, N x C. */
function gradientIn({ graph, nodes }: Structure, places: readonly Place[], { samples }: Outcome): Tensor {
  const made = places.map((): Tensor | undefined => undefined);
  const into = way(graph, nodes, (source) => {
    const place = 'step' in source ? places.findIndex(({ step, output }) => step === source.step && output === source.output) : -1; // prettier-ignore
    return place < 0 ? undefined : place;
  });
  return engine().tidy(() => {
    const { result } = graph;
    const itself = places.findIndex(({ step }) => 'step' in result && step === result.step);
    if (itself >= 0) made[itself] = keep(scalar(1));
    else
      reverse(into, fromResult(graph, scalar(1)), ({ wanted: place }, _, gradient) => {
        const before = made[place];
        made[place] = keep(before ? add(before, gradient()) : gradient().clone());
        before?.dispose();
      });
    const parts = places.map((place, i) => {
      const width = graph.valueOf(place).size / samples;
      return made[i] ? reshape(made[i], [samples, width]) : zeros([samples, width]);
    });
    const joined = keep(parts.length === 1 ? parts[0]!.clone() : concat(parts as never[], 1));
    disposeAll(made);
    return joined;
  });
}

const noSamples = (samples: number): Error =>
  new OverparamError(
    'NO_SAMPLES',
    `The loss is not made of ${samples === 1 ? 'samples that can be told apart' : `${samples} samples`}: say how many there are with the option 'samples', and let the first axis of the batch go along them.`,
  );
