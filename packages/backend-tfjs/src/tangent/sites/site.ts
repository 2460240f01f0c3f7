import type { Tensor } from '@tensorflow/tfjs-core';
import type { Graph, Source } from '../../recording/graph.ts';
import type { ParameterView } from './parameter-view.ts';
import type { Node } from '../reverse.ts';

/**
 * A place where a parameter enters the computation. The derivative of output k of sample n in the parameter is there
 *
 *     sum_t  a_nt b_nkt^T        (fan in x fan out)
 *
 * over the T positions of a sample, with the site's input a and its sensitivity b, the derivative of output k in what the site
 * gives. Where nothing multiplies the parameter (a bias) a is 1, T is 1 and b has the parameter's size.
 */
export interface Site {
  readonly variable: number;
  /** T */
  readonly positions: number;
  readonly fanIn: number;
  readonly fanOut: number;
  /** Whether the variable holds the matrix fan out x fan in. */
  readonly transposed: boolean;
  /** a, N T x fan in; undefined where it is 1. Made anew at each call. */
  readonly input: (() => Tensor) | undefined;
  /** N T whole numbers, where a is the unit vector of each: a row of a table. */
  readonly index?: () => Tensor;
  /** The data of a where it is a constant of the recording: the same object as long as the data are. */
  readonly constant: object | undefined;
  /** b of the output whose derivative in the node's output is dy: N T x fan out, as a tensor of its own. */
  sensitivity(dy: Tensor): Tensor;
}

/** What a rule has to go by. */
export interface SiteContext {
  readonly graph: Graph;
  readonly node: Node;
  /** The node's input by which the parameter enters. */
  readonly input: string;
  readonly view: ParameterView;
  /** N */
  readonly samples: number;
  /** The node's inputs by name. */
  readonly sources: Readonly<Record<string, Source>>;
}

/** Makes the site of a parameter that enters some kernel; undefined where the rule does not fit. */
export type SiteRule = (context: SiteContext) => Site | undefined;
