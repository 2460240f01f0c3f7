import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { composite, denseNetwork, squaredError, type Float64CompositeOracle } from '@overparam/backend-float64';
import { fromRows } from '@overparam/linear-algebra';

const folder = new URL('../../../../shared/fixtures/gauss-newton/', import.meta.url);

/** Whether the recorded trajectories are there. */
export const recorded: boolean = existsSync(folder);

type Numbers = readonly number[];

export interface RecordedWeights {
  readonly W: readonly Numbers[];
  readonly b: Numbers;
  readonly v: Numbers;
}

export interface RecordedStep {
  readonly train_loss: number;
  readonly eps: number;
  readonly sigma_min: number;
  readonly sigma_max: number;
  readonly grad_theta_norm: number;
  readonly dir_norm: number;
  readonly step_norm: number;
  readonly dir_deriv: number;
  readonly step?: number;
  readonly ls_evals?: number;
}

export interface RecordedRun {
  readonly id: string;
  readonly eps: { readonly kind: string; readonly eps?: number; readonly rel?: number; readonly alpha?: number };
  readonly lr: number;
  readonly ls?: 'armijo' | 'grid';
  readonly momentum?: number;
  readonly steps: readonly RecordedStep[];
  readonly final: { readonly train_loss: number };
  readonly final_weights: RecordedWeights;
  readonly sensitivity: { readonly max_rel_dev_loss: number; readonly steps_with_rel_dev_below_1e_6: number };
}

export interface RecordedTrial {
  readonly F: number;
  readonly F_new: number;
  readonly mu: number;
  readonly rho: number;
  readonly accepted: boolean;
  readonly step_norm: number;
  readonly predicted_reduction: number;
  readonly grad_inf: number;
  readonly accel_ratio?: number;
}

export interface RecordedMarquardt {
  readonly variant: string;
  readonly mu0: number | null;
  readonly tau: number;
  readonly steps: readonly RecordedTrial[];
  readonly final_weights: RecordedWeights;
}

export interface RecordedNetwork {
  readonly net: {
    readonly config: { readonly M: number; readonly N: number };
    readonly student_init: RecordedWeights;
    readonly X: readonly Numbers[];
    readonly y: Numbers;
  };
  readonly gaussNewton: { readonly runs: readonly RecordedRun[] };
  readonly levenbergMarquardt: { readonly runs: readonly RecordedMarquardt[] };
}

export interface RecordedMlp {
  readonly mlp: {
    readonly kernels: readonly (readonly Numbers[])[];
    readonly biases: readonly Numbers[];
    readonly X: readonly Numbers[];
    readonly Y: readonly Numbers[];
    readonly cls: Numbers;
    readonly mse_step: Readonly<Record<string, Numbers>>;
    readonly ce_step: Numbers;
    readonly mse_loss: number;
    readonly ce_loss: number;
  };
  readonly linear: Readonly<
    Record<
      'over' | 'under',
      { readonly A: readonly Numbers[]; readonly y: Numbers; readonly w0: Numbers; readonly w1: Numbers }
    >
  >;
}

export const read = (name: string): unknown =>
  JSON.parse(gunzipSync(readFileSync(new URL(name, folder))).toString()) as unknown;

/** f(x) = 1/M sum_i v_i silu(u_i . x + b_i) on the recorded data, at the recorded start. */
export function networkOracle(
  { net }: RecordedNetwork,
  reduction: 'mean' | 'sum',
): { readonly oracle: Float64CompositeOracle; readonly pack: (weights: RecordedWeights) => Float64Array } {
  const { M } = net.config;
  const model = denseNetwork({
    inputs: fromRows(net.X),
    layers: [
      { units: M, activation: 'silu' },
      { units: 1, bias: false, scale: 1 / M },
    ],
  });
  const pack = ({ W, b, v }: RecordedWeights): Float64Array =>
    model.pack([
      { kernel: fromRows(W[0]!.map((_, j) => W.map((row) => row[j]!))), bias: Float64Array.from(b) },
      { kernel: fromRows(v.map((x) => [x])) },
    ]);
  return {
    oracle: composite({ model, loss: squaredError(net.y, { reduction }), start: pack(net.student_init) }),
    pack,
  };
}
