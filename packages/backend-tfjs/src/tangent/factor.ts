import { add, concat, gather, mul, reshape, tensor1d, zeros, type Tensor } from '@tensorflow/tfjs-core';
import type { Sensitivities } from './sensitivities.ts';
import type { Site } from './sites/site.ts';

/** Some columns of a matrix, by index; all when undefined. */
export type Columns = readonly number[] | undefined;

/** The part of a site that belongs to a module: a slice of its matrix. */
export interface SitePart {
  readonly site: Site;
  /** Of a. */
  readonly ins: Columns;
  /** Of b. */
  readonly outs: Columns;
}

export const entire = (site: Site): SitePart => ({ site, ins: undefined, outs: undefined });

/** What a variable contributes, sum_t a_nt b_nkt^T over T positions, of the samples that are asked for. */
export interface Factor {
  /** N */
  readonly samples: number;
  /** T */
  readonly positions: number;
  readonly fanIn: number;
  readonly fanOut: number;
  /** N T x fan in; undefined for 1. */
  readonly input: (() => Tensor) | undefined;
  /** N T whole numbers, where the input's rows are their unit vectors. */
  readonly index: (() => Tensor) | undefined;
  /** What stands for the input's data as long as they are the same. */
  readonly constant: object | undefined;
  /** fan in x fan out: what each column of J is multiplied by. */
  readonly scale: (() => Tensor) | undefined;
  /** b of output k, N T x fan out; undefined for 0. It has the scale in it where there is no input. */
  sensitivity(of: Sensitivities, k: number): Tensor | undefined;
}

/**
 * The sites of one variable as one factor: biases add up, and several uses of a matrix are like several positions.
 * Undefined where the sites are of different kinds.
 */
export function factor(
  parts: readonly SitePart[],
  all: number,
  chosen: readonly number[] | undefined,
  scale?: () => Tensor,
): Factor | undefined {
  const [first] = parts;
  const { site } = first!;
  const alike = parts.every(
    ({ site: other }) =>
      (other.input === undefined) === (site.input === undefined) &&
      other.transposed === site.transposed &&
      other.fanIn === site.fanIn &&
      other.fanOut === site.fanOut,
  );
  if (!alike) return undefined;
  const samples = chosen?.length ?? all;
  const positions = site.input ? parts.reduce((sum, { site: { positions } }) => sum + positions, 0) : 1;
  const ofSamples = (x: Tensor, positions: number): Tensor => {
    if (!chosen) return x;
    const columns = x.size / all / positions;
    return reshape(gather(reshape(x, [all, positions * columns]), index(chosen)), [samples * positions, columns]);
  };
  const joined = (each: readonly Tensor[], columns: number): Tensor =>
    each.length === 1
      ? reshape(each[0]!, [samples * positions, columns])
      : reshape(
          concat(
            each.map((x) => reshape(x, [samples, x.size / samples / columns, columns])),
            1,
          ),
          [samples * positions, columns],
        );
  const fanIn = first!.ins?.length ?? site.fanIn;
  const fanOut = first!.outs?.length ?? site.fanOut;
  return {
    samples,
    positions,
    fanIn,
    fanOut,
    input:
      site.input &&
      (() =>
        joined(
          parts.map(({ site, ins }) => columns(ofSamples(site.input!(), site.positions), site.fanIn, ins)),
          fanIn,
        )),
    index:
      parts.length === 1 && !first!.ins && site.index
        ? () => reshape(ofSamples(site.index!(), site.positions), [samples * positions])
        : undefined,
    scale,
    constant: parts.length === 1 && !chosen && !first!.ins ? site.constant : undefined,
    sensitivity(of, k) {
      const each = parts.map(({ site, outs }) => {
        const b = of.at(site, k);
        return b && columns(ofSamples(b, site.positions), site.fanOut, outs);
      });
      if (each.every((b) => b === undefined)) return undefined;
      if (!site.input) {
        const present = each.flatMap((b) => b ?? []);
        const total = present.slice(1).reduce((sum, b) => add(sum, b), present[0]!);
        return scale ? mul(total, reshape(scale(), [1, fanOut])) : total;
      }
      return joined(
        each.map((b, i) => b ?? zeros([samples * parts[i]!.site.positions, fanOut])),
        fanOut,
      );
    },
  };
}

/** Some columns of a matrix of that many. */
export function columns(x: Tensor, width: number, chosen: Columns): Tensor {
  return chosen ? gather(reshape(x, [x.size / width, width]), index(chosen), 1) : x;
}

const index = (entries: readonly number[]): Tensor => tensor1d([...entries], 'int32');
