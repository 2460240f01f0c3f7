import { keep, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { disposeAll } from '../recording/engine.ts';
import { reverse, type Cotangent, type Way } from './reverse.ts';
import type { Site } from './sites/site.ts';

/** The sensitivities b of some outputs at some sites. */
export interface Sensitivities {
  /** The outputs, by index. */
  readonly outputs: readonly number[];
  /** b of output k at a site, N T x fan out, lent; undefined where output k does not depend on the site: b is 0. */
  at(site: Site, k: number): Tensor | undefined;
  dispose(): void;
}

/** A parameter's way into a kernel. */
export interface Located {
  readonly step: number;
  readonly input: string;
  readonly site: Site;
}

/**
 * One reverse pass for each output. The samples are independent, so that the pass with the same cotangent for every
 * sample gives every sample's derivative.
 *
 * @param way through the graph of the outputs, N x C, into the sites
 * @param from where the pass begins for output k: which combination of a sample's outputs that is
 */
export function sensitivities(
  way: Way,
  located: readonly Located[],
  outputs: readonly number[],
  from: (k: number) => readonly Cotangent[],
): Sensitivities {
  const sites = new Map(located.map(({ step, input, site }) => [`${step}/${input}`, site]));
  const kept = new Map<Site, Map<number, Tensor>>(located.map(({ site }) => [site, new Map<number, Tensor>()]));
  const dispose = (): void => {
    for (const byOutput of kept.values()) disposeAll(byOutput.values());
    kept.clear();
  };
  try {
    for (const k of outputs)
      tidy(() =>
        reverse(way, from(k), ({ node, input }, dy) => {
          const site = sites.get(`${node.step}/${input}`)!;
          kept.get(site)!.set(k, keep(site.sensitivity(dy)));
        }),
      );
  } catch (error) {
    dispose();
    throw error;
  }
  return { outputs, at: (site, k) => kept.get(site)?.get(k), dispose };
}

/** Bytes that the sensitivities of one output take. */
export const bytesPerOutput = (located: readonly Located[], samples: number): number =>
  located.reduce((sum, { site: { positions, fanOut } }) => sum + 4 * samples * positions * fanOut, 0);

/** 1 in column k, 0 elsewhere. */
export function unitColumn(samples: number, width: number, k: number): Tensor {
  const values = new Float32Array(samples * width);
  for (let n = 0; n < samples; n++) values[n * width + k] = 1;
  return tensor2d(values, [samples, width]);
}
