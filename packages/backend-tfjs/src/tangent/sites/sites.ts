import type { Graph, Source } from '../../recording/graph.ts';
import { broadcastSite } from './broadcast-site.ts';
import { conv2dSite, conv2dTransposeSite, conv3dSite, depthwiseSite } from './convolution-site.ts';
import { elementwiseSite, fusedBiasSite } from './elementwise-site.ts';
import { embeddingSite } from './embedding-site.ts';
import { matMulSite } from './matmul-site.ts';
import { batchNormSite, layerNormSite } from './normalization-site.ts';
import type { ParameterView } from './parameter-view.ts';
import type { Entry } from '../reverse.ts';
import type { Site, SiteRule } from './site.ts';

const elementwise = ['Add', 'Sub', 'Multiply', 'RealDiv', 'Pow', 'Maximum', 'Minimum', 'SquaredDifference', 'Prelu'];

const withBias =
  (rule: SiteRule): SiteRule =>
  (context) =>
    context.input === 'bias' ? fusedBiasSite(context) : rule(context);

const rules: Readonly<Record<string, SiteRule>> = {
  BatchMatMul: matMulSite,
  _FusedMatMul: withBias(matMulSite),
  Conv2D: conv2dSite,
  FusedConv2D: withBias(conv2dSite),
  Conv2DBackpropInput: conv2dTransposeSite,
  Conv3D: conv3dSite,
  DepthwiseConv2dNative: depthwiseSite,
  FusedDepthwiseConv2D: withBias(depthwiseSite),
  GatherV2: embeddingSite,
  FusedBatchNorm: batchNormSite,
  OverparamLayerNorm: layerNormSite,
  Tile: broadcastSite,
  BroadcastTo: broadcastSite,
  ...Object.fromEntries(elementwise.map((name) => [name, elementwiseSite])),
};

/** The site at an entry of a parameter; undefined where its kernel has no structure that we know. */
export function siteAt(graph: Graph, { node, input }: Entry, view: ParameterView, samples: number): Site | undefined {
  if (node.custom) return undefined;
  const sources = Object.fromEntries(node.inputs) as Record<string, Source>;
  return rules[graph.steps[node.step]!.name]?.({ graph, node, input, view, samples, sources });
}
