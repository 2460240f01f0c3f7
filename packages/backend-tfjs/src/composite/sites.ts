import type { Graph, Source } from '../graph.ts';
import { elementwiseSite, fusedBiasSite } from './elementwise-site.ts';
import { matMulSite } from './matmul-site.ts';
import type { ParameterView } from './parameter-view.ts';
import type { Entry } from './reverse.ts';
import type { Site, SiteRule } from './site.ts';

const elementwise = ['Add', 'Sub', 'Multiply', 'RealDiv', 'Pow', 'Maximum', 'Minimum', 'SquaredDifference', 'Prelu'];

const rules: Readonly<Record<string, SiteRule>> = {
  BatchMatMul: matMulSite,
  _FusedMatMul: (context) => (context.input === 'bias' ? fusedBiasSite(context) : matMulSite(context)),
  ...Object.fromEntries(elementwise.map((name) => [name, elementwiseSite])),
};

/** The site at an entry of a parameter; undefined where its kernel has no structure that we know. */
export function siteAt(graph: Graph, { node, input }: Entry, view: ParameterView, samples: number): Site | undefined {
  if (node.custom) return undefined;
  const sources = Object.fromEntries(node.inputs) as Record<string, Source>;
  return rules[graph.steps[node.step]!.name]?.({ graph, node, input, view, samples, sources });
}
