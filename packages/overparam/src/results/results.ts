import { OverparamError } from '@overparam/core';
import * as v from 'valibot';
import type { EpochRecord } from '../training/train-run.ts';
import type { Trace } from '../training/trace.ts';

export const RESULTS_FORMAT = 'overparam-results';
export const RESULTS_VERSION = 1;

/** What makes a session's numbers: with the same plan they come out the same. */
export interface Plan {
  readonly experiment: string;
  readonly model: string;
  readonly batch: number;
  readonly epochs: number;
  /** As the command line writes them. */
  readonly methods: readonly string[];
  readonly seeds: readonly number[];
  readonly backend: 'wasm' | 'cpu';
  /** SHA-256 of the data. */
  readonly data: string;
}

/** One finished training. */
export interface RunResult {
  readonly method: string;
  readonly label: string;
  readonly seed: number;
  readonly stopped: 'epochs' | 'converged' | 'diverged';
  readonly stepsPerEpoch: number;
  readonly epochs: readonly EpochRecord[];
  readonly trace: Trace;
  readonly parameters: {
    readonly count: number;
    /** SHA-256 of the trained parameters: two runs are the same to the bit where these are. */
    readonly sha256: string;
  };
}

/** The content of results.json. */
export interface Results {
  readonly format: typeof RESULTS_FORMAT;
  readonly version: typeof RESULTS_VERSION;
  readonly title: string;
  readonly source: string;
  /** ISO 8601 */
  readonly finished: string;
  readonly environment: {
    readonly node: string;
    readonly tfjs: string;
    readonly platform: string;
    readonly processor: string;
  };
  readonly plan: Plan;
  readonly samples: {
    readonly train: number;
    readonly test: number;
    readonly features: number;
    readonly classes: number;
  };
  readonly runs: readonly RunResult[];
}

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const measured = v.nullable(v.number());
const text = v.pipe(v.string(), v.maxLength(1000));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

export const planSchema: v.GenericSchema<unknown, Plan> = v.strictObject({
  experiment: text,
  model: text,
  batch: whole,
  epochs: whole,
  methods: v.array(text),
  seeds: v.array(whole),
  backend: v.picklist(['wasm', 'cpu']),
  data: hash,
});

export const epochSchema: v.GenericSchema<unknown, EpochRecord> = v.strictObject({
  epoch: whole,
  step: whole,
  seconds: v.number(),
  trainLoss: measured,
  testLoss: measured,
  testAccuracy: v.number(),
  backtracks: whole,
  evaluations: whole,
});

export const traceSchema: v.GenericSchema<unknown, Trace> = v.pipe(
  v.strictObject({
    step: v.array(whole),
    seconds: v.array(v.number()),
    loss: v.array(measured),
    backtracks: v.array(v.number()),
    evaluations: v.array(v.number()),
    stepSize: v.array(measured),
  }),
  v.check((trace) => new Set(Object.values(trace).map(({ length }) => length)).size === 1, 'arrays of one length'),
);

export const runSchema: v.GenericSchema<unknown, RunResult> = v.strictObject({
  method: text,
  label: text,
  seed: whole,
  stopped: v.picklist(['epochs', 'converged', 'diverged']),
  stepsPerEpoch: v.pipe(whole, v.minValue(1)),
  epochs: v.array(epochSchema),
  trace: traceSchema,
  parameters: v.strictObject({ count: whole, sha256: hash }),
});

export const resultsSchema: v.GenericSchema<unknown, Results> = v.strictObject({
  format: v.literal(RESULTS_FORMAT),
  version: v.literal(RESULTS_VERSION),
  title: text,
  source: text,
  finished: v.pipe(v.string(), v.isoTimestamp()),
  environment: v.strictObject({ node: text, tfjs: text, platform: text, processor: text }),
  plan: planSchema,
  samples: v.strictObject({ train: whole, test: whole, features: whole, classes: whole }),
  runs: v.array(runSchema),
});

/**
 * The results in a results.json.
 * @throws OverparamError `RESULTS_DAMAGED`, `RESULTS_NEWER`
 */
export function parseResults(json: string): Results {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (cause) {
    throw new OverparamError('RESULTS_DAMAGED', 'The results are not JSON.', { cause });
  }
  const { format, version } = (data ?? {}) as { format?: unknown; version?: unknown };
  if (format === RESULTS_FORMAT && typeof version === 'number' && version > RESULTS_VERSION)
    throw new OverparamError('RESULTS_NEWER', `The results have version ${version}: update overparam.`);
  const { success, output, issues } = v.safeParse(resultsSchema, data);
  if (success) return output;
  throw new OverparamError('RESULTS_DAMAGED', `The results cannot be read: ${describeIssue(issues[0])}.`);
}

/** `runs.0.seed: Invalid type: Expected number but received "1"` */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  return `${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`;
}
