import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const folder = new URL('../../../../shared/fixtures/wasserstein-flow/', import.meta.url);

/** Whether the recorded trajectories are there. */
export const recorded: boolean = existsSync(folder);

/** One spike at pi on a grid of m: losses before each of 3000 iterations. */
export interface MirrorAgainstEuclidean {
  readonly nf: number;
  readonly m: number;
  readonly lam: number;
  readonly alpha: number;
  readonly r0: number;
  readonly mirror_losses: readonly number[];
  readonly euclidean_losses: readonly number[];
}

/** Rows of W are (a1, a2, b); losses before every tenth iteration, states before iteration k. */
export interface TwoLayerRelu {
  readonly X: readonly (readonly number[])[];
  readonly Y: readonly number[];
  readonly W0: readonly (readonly number[])[];
  readonly lam: number;
  readonly step: number;
  readonly losses: readonly number[];
  readonly states: readonly { readonly k: number; readonly W: readonly (readonly number[])[] }[];
  readonly final: readonly (readonly number[])[];
}

const read = (name: string): unknown => JSON.parse(gunzipSync(readFileSync(new URL(name, folder))).toString());

export const mirrorAgainstEuclidean = (): MirrorAgainstEuclidean =>
  read('mirror-against-euclidean.json.gz') as MirrorAgainstEuclidean;

export const twoLayerRelu = (): TwoLayerRelu => read('two-layer-relu.json.gz') as TwoLayerRelu;
