import { add, keep, reshape, square, tidy, zeros, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { disposeAll, engine } from '../recording/engine.ts';
import { as } from '../recording/meter.ts';
import type { Reading } from '../recording/reading.ts';
import type { Selection } from '../modules/part.ts';
import { capturing } from './capture.ts';
import { productAt, transposedAt } from './contractions.ts';
import { factor } from './factor.ts';
import { gradientsOf, rowOf } from './gradients.ts';
import type { InputGrams } from './gram.ts';
import type { Kernel } from './hadamard.ts';
import { independence, type Independence } from './independence.ts';
import type { JacobianSource } from './jacobian-source.ts';
import { kernelOf } from './kernel.ts';
import { kernelsAlong } from './kernels-along.ts';
import type { Outcome } from './outcome.ts';
import { way } from './reverse.ts';
import { rowsOf, unitEntry } from './rows.ts';
import type { Sensitivities } from './sensitivities.ts';
import { shapeOf } from './sites/site-part.ts';
import { squaredColumns, turned } from './squared-columns.ts';
import { locate, type Structure } from './structure.ts';
import { productByTwoPasses } from './two-passes.ts';

/** J, the derivative of an outcome, N x C, in the variables, at the point where it was recorded. */
export interface Jacobian {
  /** The variables that the graph's result depends on, by index. */
  readonly connected: ReadonlySet<number>;
  /**
   * Finds the structure, before `product` or `kernel`: by an extra pass where a graph is seen for the first time, or
   * where the last pass was not conclusive.
   * @throws OverparamError `SAMPLES_COUPLED`
   */
  examine(): Reading<Independence>;
  /**
   * J^T u, one tensor per selected part that affects the outcome; the caller disposes of them.
   * @param around leaves out the ways through what is not selected: {@link gradientsOf}
   */
  transposed(u: Tensor, selection: Selection, around?: boolean): Map<number, Tensor>;
  /** J v, N x C; the caller disposes of it. */
  product(v: ReadonlyMap<number, Tensor>, selection: Selection): Tensor;
  /** Captures what the kernels of these variables need, once for all of them, where it fits the memory. */
  prepare(selection: Selection): void;
  /** J J^T of these parts, and of these samples where some are named; J's columns are multiplied by the scale. */
  kernel(
    selection: Selection,
    samples: readonly number[] | undefined,
    scale?: ReadonlyMap<number, Tensor>,
  ): Reading<Kernel>;
  /** The squared norms of J's columns, in the shapes of the parts; the caller disposes of them. */
  squaredColumns(selection: Selection): Map<number, Tensor>;
  /**
   * J J^T of each selection, for the products <V_n, outputs_n> instead of the outputs: N x N each, from one reverse pass.
   */
  kernelsAlong(
    V: Tensor,
    each: readonly Selection[],
    samples: readonly number[] | undefined,
  ): Reading<readonly Kernel[]>;
  /** J itself, N C x P, the parameters of the selected parts in this order; kept, for the caller to dispose of. */
  rows(selection: Selection): Tensor;
  dispose(): void;
}

/** What is known of a graph's structure, from one step to the next. */
export type Structures = Map<string, Independence>;

export interface JacobianOptions {
  /** Which samples are separate where, in the graphs seen so far. */
  readonly structures: Structures;
  /** Bytes that sensitivities, and rows or slices of J, may take. */
  readonly memory: number;
  readonly known: InputGrams;
}

export function jacobian(
  structure: Structure,
  variables: readonly Variable[],
  outcome: Outcome,
  { memory, known, structures }: JacobianOptions,
): Jacobian {
  const { graph, nodes } = structure;
  const { samples, width, from } = outcome;
  const whole = way(graph, nodes, (source) => ('variable' in source ? source.variable : undefined));
  const connected = new Set(whole.nodes.flatMap(({ into }) => into.map(([, variable]) => variable)));
  const source: JacobianSource = { structure, variables, outcome, connected, memory, known };

  const signature = [samples, width, ...graph.order.map((step) => graph.steps[step]!.name)].join();
  let examined = structures.get(signature);
  const captured = capturing(source, () => examined?.mixed);
  const { capture, partsOf, restOf } = captured;

  return {
    connected,
    *examine() {
      if (examined) return examined;
      const { way, located } = locate(structure, connected, samples, undefined);
      const nameOf = (variable: number): string => variables[variable]!.name;
      examined = yield* independence(way, located, nameOf, outcome);
      if (examined.conclusive) structures.set(signature, examined);
      return examined;
    },
    transposed(u, selection, around = false) {
      const at = around ? undefined : captured.held();
      const rest = restOf(at?.at, selection);
      const gradients = engine().tidy(() => gradientsOf(structure, variables, from(u), rest, around));
      for (const [variable, part] of selection) {
        const parts = rest.has(variable) || !at ? undefined : partsOf(at.at, variable, part);
        if (!parts) continue;
        const shape = shapeOf(variables[variable]!.shape, part);
        const gradient = engine().tidy(() => {
          const each = as('weightGradients', () => parts.flatMap((one) => transposedAt(one, at!.of, u, shape) ?? []));
          return each.length === 0 ? undefined : keep(each.reduce((total, one) => add(total, one)));
        });
        if (gradient) gradients.set(variable, gradient);
      }
      return gradients;
    },
    product(v, selection) {
      const acting = new Map([...selection].filter(([variable]) => connected.has(variable) && v.has(variable)));
      if (acting.size === 0) return keep(zeros([samples, width]));
      const held = capture(acting);
      const others = restOf(held?.at, acting);
      const rest = others.size > 0 ? productByTwoPasses(structure, variables, outcome, v, others) : undefined;
      const total = engine().tidy(() => {
        const parts = [...acting].flatMap(([variable, part]) =>
          others.has(variable)
            ? []
            : partsOf(held!.at, variable, part)!.map((one) => productAt(one, held!.of, v.get(variable)!, samples)),
        );
        const all = [...parts, ...(rest ? [rest] : [])];
        return keep(all.length === 1 ? all[0]!.clone() : all.reduce((total, part) => add(total, part)));
      });
      rest?.dispose();
      return total;
    },
    prepare: (selection) => void capture(selection),
    kernel: (selection, chosen, scale) => kernelOf(source, captured, { selection, chosen, scale }),
    kernelsAlong: (V, each, chosen) => kernelsAlong(source, captured, { V, each, chosen }),
    squaredColumns(selection) {
      const held = capture(selection);
      const at = held?.at ?? captured.sitesOf(selection.keys());
      const squares = new Map<number, Tensor>();
      const gather = (variable: number, part: Tensor): void => {
        const before = squares.get(variable);
        squares.set(variable, keep(before ? add(before, part) : part.clone()));
        before?.dispose();
      };
      const addBlock = (of: Sensitivities): void => {
        for (const [variable, part] of selection) {
          const parts = partsOf(at, variable, part);
          if (parts)
            tidy(() => {
              const whole = factor(parts, samples, undefined)!;
              const rows = Math.max(1, Math.floor(memory / (8 * samples * whole.fanOut)));
              const block = turned(squaredColumns(whole, of, rows), parts[0]!.site.transposed);
              gather(variable, reshape(block, shapeOf(variables[variable]!.shape, part)));
            });
        }
      };
      if (held) addBlock(held.of);
      else {
        const { blocks, sensitivitiesOf } = captured.byBlocks(at);
        for (const outputs of blocks) {
          const of = sensitivitiesOf(outputs);
          addBlock(of);
          of.dispose();
        }
      }
      const rest = restOf(at, selection);
      for (let i = 0; rest.size > 0 && i < samples * width; i++) {
        const gradients = engine().tidy(() =>
          gradientsOf(structure, variables, from(unitEntry(samples, width, i)), rest),
        );
        for (const [variable, gradient] of gradients) tidy(() => gather(variable, square(gradient)));
        disposeAll(gradients.values());
      }
      for (const [variable, part] of selection)
        if (!squares.has(variable)) squares.set(variable, keep(zeros(shapeOf(variables[variable]!.shape, part))));
      return squares;
    },
    rows(selection) {
      const row = (u: Tensor): Tensor => rowOf(structure, variables, from(u), selection);
      return rowsOf({ samples, outputs: width, row }, undefined, 0, samples * width);
    },
    dispose: () => captured.dispose(),
  };
}
