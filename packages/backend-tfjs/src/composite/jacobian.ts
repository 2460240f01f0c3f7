import {
  add,
  concat,
  keep,
  mul,
  reshape,
  scalar,
  square,
  sum,
  tidy,
  zeros,
  zerosLike,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { Answer } from '@overparam/core';
import { disposeAll, engine } from '../engine.ts';
import type { Graph } from '../graph.ts';
import { inTurn, whenAnswered, type Read } from '../read.ts';
import { record } from '../recording.ts';
import { productAt, transposedAt } from './contractions.ts';
import { factor, type Factor } from './factor.ts';
import { addGrams, type InputGrams } from './gram.ts';
import { mirror, type Kernel } from './hadamard.ts';
import { mixedSites } from './independence.ts';
import { parameterViews } from './parameter-view.ts';
import { nodes, reverse, way, type Way } from './reverse.ts';
import { addRowGrams, rowsOf, unitEntry } from './rows.ts';
import { bytesPerOutput, sensitivities, unitColumn, type Located, type Sensitivities } from './sensitivities.ts';
import type { Site } from './site.ts';
import { squaredColumns, turned } from './squared-columns.ts';
import { siteAt } from './sites.ts';

/** J, the derivative of a graph's result, N x C, in the variables, at the point where it was recorded. */
export interface Jacobian {
  /** The variables that the result depends on, by index. */
  readonly connected: ReadonlySet<number>;
  /**
   * Finds the structure, before `product` or `kernel`: by an extra pass where a graph is seen for the first time.
   * @throws OverparamError `SAMPLES_COUPLED`
   */
  examine(): Answer<void>;
  /** J^T u, one tensor a variable that is wanted and acts on the outputs; the caller disposes of them. */
  transposed(u: Tensor, wanted: ReadonlySet<number>): Map<number, Tensor>;
  /** J v, N x C; the caller disposes of it. */
  product(v: ReadonlyMap<number, Tensor>): Tensor;
  /** Captures what the kernels of these variables take, once for all of them, where it fits the memory. */
  prepare(wanted: ReadonlySet<number>): void;
  /** J J^T of these variables, and of these samples where some are named; J's columns are multiplied by the scale. */
  kernel(
    wanted: ReadonlySet<number>,
    samples: readonly number[] | undefined,
    scale?: ReadonlyMap<number, Tensor>,
  ): Answer<Kernel>;
  /** The squared norms of J's columns, in the shapes of the variables; the caller disposes of them. */
  squaredColumns(wanted: ReadonlySet<number>): Map<number, Tensor>;
  /**
   * The same for each set of variables, and in the place of the outputs their products <V_n, outputs_n>: N x N each,
   * from one reverse pass.
   */
  kernelsAlong(
    V: Tensor,
    each: readonly ReadonlySet<number>[],
    samples: readonly number[] | undefined,
  ): Answer<readonly Kernel[]>;
  /** J itself, N C x P, the parameters of the wanted variables in this order; kept, for the caller to dispose of. */
  rows(wanted: ReadonlySet<number>): Tensor;
  dispose(): void;
}

/** What is known of a graph's structure, from one step to the next. */
export type Structures = Map<string, ReadonlySet<string>>;

export interface JacobianOptions {
  /** The sites at which samples are not apart, of the graphs seen so far. */
  readonly structures: Structures;
  readonly read: Read;
  /** Bytes that sensitivities, and rows or slices of J, may take. */
  readonly memory: number;
  readonly known: InputGrams;
}

/** Where variables enter: those only at sites whose structure is known, and the others. */
interface Sites {
  readonly sites: ReadonlyMap<number, readonly Site[]>;
  readonly located: readonly Located[];
  readonly others: ReadonlySet<number>;
  readonly way: Way;
}

export function jacobian(
  graph: Graph,
  variables: readonly Variable[],
  [samples, width]: readonly [number, number],
  { read, memory, known, structures }: JacobianOptions,
): Jacobian {
  const all = nodes(graph);
  const viewOf = parameterViews(graph);
  const apart = all.filter(({ step }) => viewOf({ step, output: 0 }) === undefined);
  const everyOutput = Array.from({ length: width }, (_, k) => k);
  const unit = (k: number): Tensor => unitColumn(samples, width, k);
  let captured: { readonly at: Sites; readonly of: Sensitivities } | undefined;

  const whole = way(graph, all, (source) => ('variable' in source ? source.variable : undefined));
  const connected = new Set(whole.nodes.flatMap(({ into }) => into.map(([, variable]) => variable)));

  const signature = [samples, ...graph.order.map((step) => graph.steps[step]!.name)].join();
  const locate = (wanted: ReadonlySet<number>): Sites => {
    const entering = (among: ReadonlySet<number>): Way =>
      way(graph, apart, (source) => {
        const variable = viewOf(source)?.variable;
        return variable !== undefined && among.has(variable) ? variable : undefined;
      });
    const entries = new Map<number, (Located | undefined)[]>();
    for (const { node, into } of entering(wanted).nodes)
      for (const [input, variable] of into) {
        const view = viewOf(node.inputs.find(([name]) => name === input)![1])!;
        const mixed = structures.get(signature)?.has(`${node.step}/${input}`);
        const site = mixed ? undefined : siteAt(graph, { node, input, wanted: variable }, view, samples);
        const before = entries.get(variable) ?? [];
        entries.set(variable, [...before, site && { step: node.step, input, site }]);
      }
    const direct = viewOf(graph.result)?.variable;
    const structured = [...entries].flatMap(([variable, at]) => {
      const known = at.filter((one) => one !== undefined);
      const parts = known.map(({ site }) => entire(site));
      return variable !== direct && known.length === at.length && factor(parts, samples, undefined)
        ? [[variable, known] as const]
        : [];
    });
    const sites = new Map(structured.map(([variable, at]) => [variable, at.map(({ site }) => site)]));
    return {
      sites,
      located: structured.flatMap(([, at]) => at),
      others: new Set([...wanted].filter((variable) => connected.has(variable) && !sites.has(variable))),
      way: entering(new Set(sites.keys())),
    };
  };

  /** The sensitivities of all outputs, where they fit the memory. They stay for the rest of the step. */
  const capture = (wanted: ReadonlySet<number>): { readonly at: Sites; readonly of: Sensitivities } | undefined => {
    if (captured && covers(captured.at, wanted)) return captured;
    // Who asks for one module after the other gets them all at once.
    const at = locate(captured ? connected : wanted);
    captured?.of.dispose();
    captured = undefined;
    if (bytesPerOutput(at.located, samples) * width > memory) return undefined;
    return (captured = { at, of: sensitivities(at.way, at.located, everyOutput, unit) });
  };
  const covers = ({ sites, others }: Sites, wanted: ReadonlySet<number>): boolean =>
    [...wanted].every((variable) => !connected.has(variable) || sites.has(variable) || others.has(variable));

  /** J^T u by one reverse pass. */
  const byPass = (u: Tensor, wanted: ReadonlySet<number>): Map<number, Tensor> => {
    const gradients = new Map<number, Tensor>();
    if (wanted.size === 0) return gradients;
    const to = way(graph, all, (source) =>
      'variable' in source && wanted.has(source.variable) ? source.variable : undefined,
    );
    try {
      reverse(to, u, ({ wanted: variable }, _, gradient) => {
        const before = gradients.get(variable);
        gradients.set(variable, keep(before ? add(before, gradient()) : own(gradient())));
        before?.dispose();
      });
    } catch (error) {
      disposeAll(gradients.values());
      throw error;
    }
    return gradients;
  };

  /** u^T J, of these variables one after the other. */
  const rowOf = (u: Tensor, wanted: ReadonlySet<number>): Tensor => {
    const gradients = byPass(u, wanted);
    try {
      return concat(
        [...wanted].map((variable) => reshape(gradients.get(variable) ?? zerosLike(variables[variable]!), [-1])),
      );
    } finally {
      disposeAll(gradients.values());
    }
  };

  /** J v as the derivative in u of <J^T u, v>, which is linear in u: a reverse pass through a reverse pass. */
  const byTwoPasses = (v: ReadonlyMap<number, Tensor>): Tensor => {
    const u = zeros([samples, width]);
    const wanted = new Set(v.keys());
    const recording = record(
      () =>
        engine().tidy(() => {
          const gradients = byPass(u, wanted);
          const products = [...gradients].map(([variable, g]) => sum(mul(g, v.get(variable)!)));
          disposeAll(gradients.values());
          return products.reduce((total, product) => add(total, product));
        }),
      [u],
      true,
    );
    try {
      let product: Tensor | undefined;
      const back = way(recording.graph!, nodes(recording.graph!), (source) => ('variable' in source ? 0 : undefined));
      tidy(() =>
        reverse(back, scalar(1), (_, __, gradient) => {
          const before = product;
          product = keep(before ? add(before, gradient()) : own(gradient()));
          before?.dispose();
        }),
      );
      return product ?? keep(zerosLike(u));
    } finally {
      recording.value.dispose();
      recording.dispose();
      u.dispose();
    }
  };

  const factorsOf = (
    { sites }: Sites,
    wanted: ReadonlySet<number>,
    chosen: readonly number[] | undefined,
    scale?: ReadonlyMap<number, Tensor>,
  ): Factor[] =>
    [...wanted].flatMap((variable) => {
      const at = sites.get(variable);
      if (!at) return [];
      const { fanIn, fanOut, transposed } = at[0]!;
      const by = scale?.get(variable);
      const matrix =
        by && ((): Tensor => turned(reshape(by, transposed ? [fanOut, fanIn] : [fanIn, fanOut]), transposed));
      return [factor(at.map(entire), samples, chosen, matrix)!];
    });
  /** Sensitivities block by block of the outputs, as many at a time as fit the memory. */
  const byBlocks = (at: Sites): { readonly blocks: number[][]; make(outputs: readonly number[]): Sensitivities } => {
    const block = Math.max(1, Math.floor(memory / 2 / bytesPerOutput(at.located, samples)));
    const blocks = Array.from({ length: Math.ceil(width / block) }, (_, i) =>
      everyOutput.slice(i * block, (i + 1) * block),
    );
    return { blocks, make: (outputs) => sensitivities(at.way, at.located, outputs, unit) };
  };
  /** The part of the variables whose structure is not known. */
  const byRows = (
    kernel: Kernel,
    { others }: Sites,
    wanted: ReadonlySet<number>,
    chosen: readonly number[] | undefined,
    cotangent: (u: Tensor) => Tensor,
    scale?: ReadonlyMap<number, Tensor>,
  ): Answer<void> => {
    const rest = new Set([...wanted].filter((variable) => others.has(variable)));
    if (rest.size === 0) return;
    const length = [...rest].reduce((sum, variable) => sum + variables[variable]!.size, 0);
    const scales =
      scale && engine().tidy(() => keep(concat([...rest].map((variable) => reshape(scale.get(variable)!, [-1])))));
    const row = (u: Tensor): Tensor => {
      const plain = rowOf(cotangent(u), rest);
      return scales ? mul(plain, scales) : plain;
    };
    const done = addRowGrams(kernel, { samples, outputs: kernel.outputs, length, row }, chosen, { read, memory });
    return whenAnswered(done, () => scales?.dispose());
  };

  return {
    connected,
    examine() {
      if (structures.has(signature)) return;
      const { way, located } = locate(connected);
      const nameOf = (variable: number): string => variables[variable]!.name;
      return whenAnswered(
        mixedSites(way, located, nameOf, [samples, width], read),
        (mixed) => void structures.set(signature, mixed),
      );
    },
    transposed(u, wanted) {
      const at = captured;
      const structured = at ? [...wanted].filter((variable) => at.at.sites.has(variable)) : [];
      const gradients = byPass(u, new Set([...wanted].filter((variable) => !structured.includes(variable))));
      for (const variable of structured) {
        const gradient = engine().tidy(() => {
          const parts = at!.at.sites
            .get(variable)!
            .flatMap((site) => transposedAt(site, at!.of, u, variables[variable]!.shape) ?? []);
          return parts.length === 0 ? undefined : keep(parts.reduce((total, part) => add(total, part)));
        });
        if (gradient) gradients.set(variable, gradient);
      }
      return gradients;
    },
    product(v) {
      const acting = new Map([...v].filter(([variable]) => connected.has(variable)));
      if (acting.size === 0) return keep(zeros([samples, width]));
      const at = capture(new Set(acting.keys()));
      const others = new Map([...acting].filter(([variable]) => !at?.at.sites.has(variable)));
      const rest = others.size > 0 ? byTwoPasses(others) : undefined;
      const total = engine().tidy(() => {
        const parts = [...acting].flatMap(([variable, tensor]) =>
          (at?.at.sites.get(variable) ?? []).map((site) => productAt(site, at!.of, tensor, samples)),
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
      const at = held?.at ?? locate(wanted);
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
      const unstructured = (): Answer<void> => byRows(kernel, at, wanted, chosen, (u) => u, scale);
      return whenAnswered(
        inTurn([structured, unstructured], (part) => part()),
        () => {
          mirror(kernel);
          return kernel;
        },
      );
    },
    kernelsAlong(V, each, chosen) {
      const at = locate(new Set(each.flatMap((wanted) => [...wanted])));
      const of = sensitivities(at.way, at.located, [0], () => V);
      const kernels: Kernel[] = [];
      const done = inTurn(each, (wanted) => {
        const count = chosen?.length ?? samples;
        const kernel: Kernel = { data: new Float64Array(count ** 2), samples: count, outputs: 1 };
        kernels.push(kernel);
        const factors = factorsOf(at, wanted, chosen);
        return whenAnswered(addGrams(kernel, factors, of, of, { known, read, memory }), () =>
          byRows(kernel, at, wanted, chosen, (u) => mul(V, u)),
        );
      });
      return whenAnswered(done, () => {
        of.dispose();
        return kernels;
      });
    },
    squaredColumns(wanted) {
      const held = capture(wanted);
      const at = held?.at ?? locate(wanted);
      const squares = new Map<number, Tensor>();
      const gather = (variable: number, part: Tensor): void => {
        const before = squares.get(variable);
        squares.set(variable, keep(before ? add(before, part) : part.clone()));
        before?.dispose();
      };
      const addBlock = (of: Sensitivities): void => {
        for (const [variable, sites] of at.sites)
          if (wanted.has(variable))
            tidy(() => {
              const whole = factor(sites.map(entire), samples, undefined)!;
              const rows = Math.max(1, Math.floor(memory / (8 * samples * whole.fanOut)));
              const made = turned(squaredColumns(whole, of, rows), sites[0]!.transposed);
              gather(variable, reshape(made, variables[variable]!.shape));
            });
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
      const rest = new Set([...wanted].filter((variable) => at.others.has(variable)));
      for (let i = 0; rest.size > 0 && i < samples * width; i++) {
        const gradients = engine().tidy(() => byPass(unitEntry(samples, width, i), rest));
        for (const [variable, gradient] of gradients) tidy(() => gather(variable, square(gradient)));
        disposeAll(gradients.values());
      }
      for (const variable of wanted)
        if (!squares.has(variable)) squares.set(variable, keep(zerosLike(variables[variable]!)));
      return squares;
    },
    rows(wanted) {
      const row = (cotangent: Tensor): Tensor => rowOf(cotangent, wanted);
      return rowsOf({ samples, outputs: width, row }, undefined, 0, samples * width);
    },
    dispose() {
      captured?.of.dispose();
      captured = undefined;
    },
  };
}

const entire = (site: Site): { site: Site; ins: undefined; outs: undefined } => ({
  site,
  ins: undefined,
  outs: undefined,
});

/** A gradient may be a tensor that is lent. */
const own = (tensor: Tensor): Tensor => tensor.clone();
