import type { Graph } from '../recording/graph.ts';
import { entire, factor } from './factor.ts';
import { parameterViews, type ParameterView } from './sites/parameter-view.ts';
import { nodes, way, type Node, type Way } from './reverse.ts';
import type { Located } from './sensitivities.ts';
import type { Site } from './sites/site.ts';
import { siteAt } from './sites/sites.ts';
import type { Source } from '../recording/graph.ts';

/** A graph, and how its variables enter it. */
export interface Structure {
  readonly graph: Graph;
  readonly nodes: readonly Node[];
  /** Without those that only rename or transpose a variable. */
  readonly apart: readonly Node[];
  viewOf(source: Source): ParameterView | undefined;
}

export function structureOf(graph: Graph): Structure {
  const all = nodes(graph);
  const viewOf = parameterViews(graph);
  return { graph, nodes: all, apart: all.filter(({ step }) => viewOf({ step, output: 0 }) === undefined), viewOf };
}

/** The way to where these variables enter, renamed or transposed perhaps. */
export const entering = ({ graph, apart, viewOf }: Structure, among: { has(variable: number): boolean }): Way =>
  way(graph, apart, (source) => {
    const variable = viewOf(source)?.variable;
    return variable !== undefined && among.has(variable) ? variable : undefined;
  });

/** Where variables enter: those only at sites whose structure is known, and the others. */
export interface Sites {
  readonly sites: ReadonlyMap<number, readonly Site[]>;
  readonly located: readonly Located[];
  readonly others: ReadonlySet<number>;
  /** To the sites. */
  readonly way: Way;
}

/**
 * @param wanted variables that the graph depends on
 * @param mixed the entries, by step and input, at which samples are not independent
 */
export function locate(
  structure: Structure,
  wanted: Iterable<number>,
  samples: number,
  mixed: ReadonlySet<string> | undefined,
): Sites {
  const { graph, viewOf } = structure;
  const among = new Set(wanted);
  const entries = new Map<number, (Located | undefined)[]>();
  for (const { node, into } of entering(structure, among).nodes)
    for (const [input, variable] of into) {
      const view = viewOf(node.inputs.find(([name]) => name === input)![1])!;
      const site = mixed?.has(`${node.step}/${input}`)
        ? undefined
        : siteAt(graph, { node, input, wanted: variable }, view, samples);
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
    others: new Set([...among].filter((variable) => !sites.has(variable))),
    way: entering(structure, sites),
  };
}
