import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { composite, denseNetwork, softmaxCrossEntropy, type Float64CompositeOracle } from '@overparam/backend-float64';
import { fromRows } from '@overparam/linear-algebra';

const file = new URL('../../../../shared/fixtures/mntk-mat/mlp.json.gz', import.meta.url);

/** Whether the recorded kernels are there. */
export const recorded: boolean = existsSync(file);

type Rows = readonly (readonly number[])[];
type Weights = Readonly<Record<'W0' | 'W1' | 'W2', Rows> & Record<'b0' | 'b1' | 'b2', readonly number[]>>;

interface Figures {
  readonly lambda_max: number;
  readonly trace: number;
  readonly effective_rank: number;
}

interface Kernel extends Figures {
  readonly kernel: Rows;
}

export interface Recording {
  readonly weights: Weights;
  readonly X: Rows;
  readonly Y: readonly number[];
  readonly outputs: Rows;
  readonly modules: Readonly<
    Record<string, Kernel & { readonly sum_over_outputs: Kernel; readonly trace_over_outputs: Kernel }>
  >;
  readonly total: Figures;
  readonly mat_run: {
    readonly alpha: number;
    readonly every: number;
    readonly lr: number;
    readonly steps: readonly {
      readonly k: number;
      readonly loss: number;
      readonly lambda_max: Readonly<Record<string, number>> | null;
      readonly active: readonly string[];
    }[];
    readonly final: Weights;
  };
}

export const recording = (): Recording => JSON.parse(gunzipSync(readFileSync(file)).toString()) as Recording;

/** The weights in the order of the network's parameters. */
export const packed = (w: Weights): number[] =>
  ([0, 1, 2] as const).flatMap((l) => [...w[`W${l}`].flat(), ...w[`b${l}`]]);

/** The recorded network at its start. */
export const recordedOracle = ({ weights, X, Y }: Recording): Float64CompositeOracle =>
  composite({
    model: denseNetwork({
      inputs: fromRows(X),
      layers: [
        { units: 16, activation: 'tanh', name: 'layer0' },
        { units: 12, activation: 'tanh', name: 'layer1' },
        { units: 3, name: 'layer2' },
      ],
    }),
    loss: softmaxCrossEntropy(Y, { classes: 3 }),
    start: packed(weights),
  });
