import {
  add,
  concat,
  keep,
  mul,
  reshape,
  square,
  tidy,
  zeros,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { Answer } from '@overparam/core';
import { disposeAll, engine } from '../recording/engine.ts';
import { as } from '../recording/meter.ts';
import { entriesOf, type Part, type Wanted } from '../modules/part.ts';
import { inTurn, whenAnswered, type Read } from '../recording/read.ts';
import { productAt, transposedAt } from './contractions.ts';
import { factor, type Factor, type SitePart } from './factor.ts';
import { gradientsOf, rowOf } from './gradients.ts';
import { addGrams, type InputGrams } from './gram.ts';
import { mirror, type Kernel } from './hadamard.ts';
import { independence, type Independence } from './independence.ts';
import { addModuleRows } from './module-rows.ts';
import type { Outcome } from './outcome.ts';
import { way } from './reverse.ts';
import { addRowGrams, rowsOf, unitEntry } from './rows.ts';
import { bytesPerOutput, sensitivities, unitColumn, type Sensitivities } from './sensitivities.ts';
import { shapeOf, sitePart } from './sites/site-part.ts';
import { squaredColumns, turned } from './squared-columns.ts';
import { locate, type Sites, type Structure } from './structure.ts';
import { productByTwoPasses } from './two-passes.ts';

/** J, the derivative of an outcome, N x C, in the variables, at the point where it was recorded. */
export interface Jacobian {
  /** The variables that the graph's result depends on, by index. */
  readonly connected: ReadonlySet<number>;
  /**
   * Finds the structure, before `product` or `kernel`: by an extra pass where a graph is seen for the first time, or
   * told nothing the last time.
   * @throws OverparamError `SAMPLES_COUPLED`
   */
  examine(): Answer<Independence>;
  /**
   * J^T u, one tensor a part that is wanted and acts on the outcome; the caller disposes of them.
   * @param around leaves out the ways through what is not wanted: {@link gradientsOf}
   */
  transposed(u: Tensor, wanted: Wanted, around?: boolean): Map<number, Tensor>;
  /** J v, N x C; the caller disposes of it. */
  product(v: ReadonlyMap<number, Tensor>, wanted: Wanted): Tensor;
  /** Captures what the kernels of these variables take, once for all of them, where it fits the memory. */
  prepare(wanted: Wanted): void;
  /** J J^T of these parts, and of these samples where some are named; J's columns are multiplied by the scale. */
  kernel(wanted: Wanted, samples: readonly number[] | undefined, scale?: ReadonlyMap<number, Tensor>): Answer<Kernel>;
  /** The squared norms of J's columns, in the shapes of the parts; the caller disposes of them. */
  squaredColumns(wanted: Wanted): Map<number, Tensor>;
  /**
   * J J^T of each set of parts, and in the place of the outputs their products <V_n, outputs_n>: N x N each, from one
   * reverse pass.
   */
  kernelsAlong(V: Tensor, each: readonly Wanted[], samples: readonly number[] | undefined): Answer<readonly Kernel[]>;
  /** J itself, N C x P, the parameters of the wanted parts in this order; kept, for the caller to dispose of. */
  rows(wanted: Wanted): Tensor;
  dispose(): void;
}

/** What is known of a graph's structure, from one step to the next. */
export type Structures = Map<string, Independence>;

export interface JacobianOptions {
  /** Which samples are apart where, in the graphs seen so far. */
  readonly structures: Structures;
  readonly read: Read;
  /** Bytes that sensitivities, and rows or slices of J, may take. */
  readonly memory: number;
  readonly known: InputGrams;
}

export function jacobian(
  structure: Structure,
  variables: readonly Variable[],
  outcome: Outcome,
  { read, memory, known, structures }: JacobianOptions,
): Jacobian {
  const { graph, nodes } = structure;
  const { samples, width, from } = outcome;
  const everyOutput = Array.from({ length: width }, (_, k) => k);
  const fromOutput = (k: number): ReturnType<Outcome['from']> => from(unitColumn(samples, width, k));
  let captured: { readonly at: Sites; readonly of: Sensitivities } | undefined;

  const whole = way(graph, nodes, (source) => ('variable' in source ? source.variable : undefined));
  const connected = new Set(whole.nodes.flatMap(({ into }) => into.map(([, variable]) => variable)));

  const signature = [samples, width, ...graph.order.map((step) => graph.steps[step]!.name)].join();
  let examined = structures.get(signature);
  const sitesOf = (wanted: Iterable<number>): Sites =>
    locate(
      structure,
      [...wanted].filter((variable) => connected.has(variable)),
      samples,
      examined?.mixed,
    );

  /** The sensitivities of all outputs, where they fit the memory. They stay for the rest of the step. */
  const capture = (wanted: Wanted): { readonly at: Sites; readonly of: Sensitivities } | undefined => {
    if (captured && covers(captured.at, wanted)) return captured;
    // Who asks for one module after the other gets them all at once.
    const at = sitesOf(captured ? connected : wanted.keys());
    captured?.of.dispose();
    captured = undefined;
    if (bytesPerOutput(at.located, samples) * width > memory) return undefined;
    return (captured = { at, of: sensitivities(at.way, at.located, everyOutput, fromOutput) });
  };
  const covers = ({ sites, others }: Sites, wanted: Wanted): boolean =>
    [...wanted.keys()].every((variable) => !connected.has(variable) || sites.has(variable) || others.has(variable));
  /** What belongs to a part at the sites of its variable; undefined where that has no structure that we know. */
  const partsOf = ({ sites }: Sites, variable: number, part: Part): readonly SitePart[] | undefined => {
    const parts = sites.get(variable)?.map((site) => sitePart(site, variables[variable]!.shape, part));
    return parts?.every((one) => one !== undefined) ? parts : undefined;
  };
  /** The wanted parts that act on the outcome, and not by sites that we know. */
  const restOf = (at: Sites | undefined, wanted: Wanted): Wanted =>
    new Map([...wanted].filter(([variable, part]) => connected.has(variable) && !(at && partsOf(at, variable, part))));

  const factorsOf = (
    at: Sites,
    wanted: Wanted,
    chosen: readonly number[] | undefined,
    scale?: ReadonlyMap<number, Tensor>,
  ): Factor[] =>
    [...wanted].flatMap(([variable, part]) => {
      const parts = partsOf(at, variable, part);
      if (!parts) return [];
      const [{ site, ins, outs }] = parts as [SitePart];
      const [fanIn, fanOut] = [ins?.length ?? site.fanIn, outs?.length ?? site.fanOut];
      const by = scale?.get(variable);
      const matrix =
        by && ((): Tensor => turned(reshape(by, site.transposed ? [fanOut, fanIn] : [fanIn, fanOut]), site.transposed));
      return [factor(parts, samples, chosen, matrix)!];
    });
  /** Sensitivities block by block of the outputs, as many at a time as fit the memory. */
  const byBlocks = (at: Sites): { readonly blocks: number[][]; make(outputs: readonly number[]): Sensitivities } => {
    const block = Math.max(1, Math.floor(memory / 2 / bytesPerOutput(at.located, samples)));
    const blocks = Array.from({ length: Math.ceil(width / block) }, (_, i) =>
      everyOutput.slice(i * block, (i + 1) * block),
    );
    return { blocks, make: (outputs) => sensitivities(at.way, at.located, outputs, fromOutput) };
  };
  /** The part of the variables whose structure is not known. */
  const byRows = (
    kernel: Kernel,
    rest: Wanted,
    chosen: readonly number[] | undefined,
    cotangent: (u: Tensor) => Tensor,
    scale?: ReadonlyMap<number, Tensor>,
  ): Answer<void> => {
    if (rest.size === 0) return;
    const length = [...rest].reduce((sum, [variable, part]) => sum + entriesOf(variables[variable]!, part), 0);
    const scales =
      scale &&
      engine().tidy(() => keep(concat([...rest.keys()].map((variable) => reshape(scale.get(variable)!, [-1])))));
    const row = (u: Tensor): Tensor => {
      const plain = rowOf(structure, variables, from(cotangent(u)), rest);
      return scales ? mul(plain, scales) : plain;
    };
    const done = addRowGrams(kernel, { samples, outputs: kernel.outputs, length, row }, chosen, { read, memory });
    return whenAnswered(done, () => scales?.dispose());
  };

  return {
    connected,
    examine() {
      if (examined) return examined;
      const { way, located } = locate(structure, connected, samples, undefined);
      const nameOf = (variable: number): string => variables[variable]!.name;
      return whenAnswered(independence(way, located, nameOf, outcome, read), (found) => {
        examined = found;
        if (found.conclusive) structures.set(signature, found);
        return found;
      });
    },
    transposed(u, wanted, around = false) {
      const at = around ? undefined : captured;
      const rest = restOf(at?.at, wanted);
      const gradients = engine().tidy(() => gradientsOf(structure, variables, from(u), rest, around));
      for (const [variable, part] of wanted) {
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
    product(v, wanted) {
      const acting = new Map([...wanted].filter(([variable]) => connected.has(variable) && v.has(variable)));
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
        const made = [...parts, ...(rest ? [rest] : [])];
        return keep(made.length === 1 ? made[0]!.clone() : made.reduce((total, part) => add(total, part)));
      });
      rest?.dispose();
      return total;
    },
    prepare: (wanted) => void capture(wanted),
    kernel(wanted, chosen, scale) {
      const count = chosen?.length ?? samples;
      const kernel: Kernel = { data: new Float64Array((count * width) ** 2), samples: count, outputs: width };
      const held = capture(wanted);
      const at = held?.at ?? sitesOf(wanted.keys());
      const factors = factorsOf(at, wanted, chosen, scale);
      const options = { known, read, memory };
      const structured = (): Answer<void> => {
        if (held) return addGrams(kernel, factors, held.of, held.of, options);
        const { blocks, make } = byBlocks(at);
        return inTurn(blocks, (outputs) => {
          const left = make(outputs);
          const before = blocks.slice(0, blocks.indexOf(outputs) + 1);
          const done = inTurn(before, (others) => {
            const right = others === outputs ? left : make(others);
            return whenAnswered(addGrams(kernel, factors, left, right, options), () => {
              if (right !== left) right.dispose();
            });
          });
          return whenAnswered(done, () => left.dispose());
        });
      };
      const unstructured = (): Answer<void> => byRows(kernel, restOf(at, wanted), chosen, (u) => u, scale);
      return whenAnswered(
        inTurn([structured, unstructured], (part) => part()),
        () => {
          mirror(kernel);
          return kernel;
        },
      );
    },
    kernelsAlong(V, each, chosen) {
      const at = sitesOf(new Set(each.flatMap((wanted) => [...wanted.keys()])));
      const of = sensitivities(at.way, at.located, [0], () => from(V));
      const count = chosen?.length ?? samples;
      const kernels = each.map((): Kernel => ({ data: new Float64Array(count ** 2), samples: count, outputs: 1 }));
      const rests = each.map((wanted) => restOf(at, wanted));
      // The variables without structure: a pass a sample, for all modules at once where their rows fit the memory.
      const unknown = new Set(rests.flatMap((rest) => [...rest.keys()]));
      const rest: Wanted = new Map([...unknown].map((variable) => [variable, undefined]));
      const length = [...unknown].reduce((sum, variable) => sum + variables[variable]!.size, 0);
      const atOnce = 4 * count * length <= memory;
      const cotangent = (u: Tensor): Tensor => mul(V, u);
      const structured = (): Answer<void> =>
        inTurn(each.keys(), (m) =>
          whenAnswered(addGrams(kernels[m]!, factorsOf(at, each[m]!, chosen), of, of, { known, read, memory }), () =>
            atOnce ? undefined : byRows(kernels[m]!, rests[m]!, chosen, cotangent),
          ),
        );
      const unstructured = (): Answer<void> => {
        if (!atOnce || unknown.size === 0) return;
        const row = (u: Tensor): Tensor => rowOf(structure, variables, from(cotangent(u)), rest);
        const rows = rowsOf({ samples, outputs: 1, row }, chosen, 0, count);
        const among = new Map([...unknown].map((variable) => [variable, variables[variable]!]));
        return whenAnswered(addModuleRows(kernels, rests, rows, among, read), () => rows.dispose());
      };
      return whenAnswered(
        inTurn([structured, unstructured], (part) => part()),
        () => {
          of.dispose();
          return kernels;
        },
      );
    },
    squaredColumns(wanted) {
      const held = capture(wanted);
      const at = held?.at ?? sitesOf(wanted.keys());
      const squares = new Map<number, Tensor>();
      const gather = (variable: number, part: Tensor): void => {
        const before = squares.get(variable);
        squares.set(variable, keep(before ? add(before, part) : part.clone()));
        before?.dispose();
      };
      const addBlock = (of: Sensitivities): void => {
        for (const [variable, part] of wanted) {
          const parts = partsOf(at, variable, part);
          if (parts)
            tidy(() => {
              const whole = factor(parts, samples, undefined)!;
              const rows = Math.max(1, Math.floor(memory / (8 * samples * whole.fanOut)));
              const made = turned(squaredColumns(whole, of, rows), parts[0]!.site.transposed);
              gather(variable, reshape(made, shapeOf(variables[variable]!.shape, part)));
            });
        }
      };
      if (held) addBlock(held.of);
      else {
        const { blocks, make } = byBlocks(at);
        for (const outputs of blocks) {
          const of = make(outputs);
          addBlock(of);
          of.dispose();
        }
      }
      const rest = restOf(at, wanted);
      for (let i = 0; rest.size > 0 && i < samples * width; i++) {
        const gradients = engine().tidy(() =>
          gradientsOf(structure, variables, from(unitEntry(samples, width, i)), rest),
        );
        for (const [variable, gradient] of gradients) tidy(() => gather(variable, square(gradient)));
        disposeAll(gradients.values());
      }
      for (const [variable, part] of wanted)
        if (!squares.has(variable)) squares.set(variable, keep(zeros(shapeOf(variables[variable]!.shape, part))));
      return squares;
    },
    rows(wanted) {
      const row = (u: Tensor): Tensor => rowOf(structure, variables, from(u), wanted);
      return rowsOf({ samples, outputs: width, row }, undefined, 0, samples * width);
    },
    dispose() {
      captured?.of.dispose();
      captured = undefined;
    },
  };
}
