import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { OverparamError } from '@overparam/core';
import * as v from 'valibot';
import {
  describeIssue,
  epochSchema,
  planSchema,
  runSchema,
  traceSchema,
  type Plan,
  type RunResult,
} from '../results/results.ts';
import type { RunPosition, RunSnapshot } from '../training/train-run.ts';
import type { NamedArray } from '../training/trainer.ts';
import { writeAtomically } from './atomic-write.ts';

/** A session between two steps. */
export interface SessionCheckpoint {
  readonly plan: Plan;
  /** The data as the command line named them; the plan knows only what is in them. */
  readonly dataPath: string | null;
  readonly finished: readonly RunResult[];
  /** The run after the finished ones, where it has begun. */
  readonly current: RunSnapshot | null;
}

const FORMAT = 'OVERPARAM-SESSION';
const VERSION = 1;

/**
 * The file: a line `OVERPARAM-SESSION version sha256`, and then what the SHA-256 is of: the length of the JSON (4 bytes,
 * little-endian), the JSON, and the numbers of all arrays, each as it was in memory.
 * @throws OverparamError `UNWRITABLE`
 */
export async function writeCheckpoint(
  path: string,
  { plan, dataPath, finished, current }: SessionCheckpoint,
): Promise<void> {
  const arrays = current ? [...current.parameters, ...current.trainer] : [];
  const stored = arrays.map(({ name, shape, data }) =>
    isText(data)
      ? { name, shape, text: data }
      : { name, shape, type: data instanceof Float32Array ? 'float32' : 'int32' },
  );
  const parameters = current?.parameters.length ?? 0;
  const json = Buffer.from(
    JSON.stringify({ plan, dataPath, finished, position: current?.position ?? null, parameters, arrays: stored }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const numbers = arrays.flatMap(({ data }) =>
    isText(data) ? [] : [Buffer.from(data.buffer, data.byteOffset, data.byteLength)],
  );
  const body = Buffer.concat([length, json, ...numbers]);
  await writeAtomically(path, Buffer.concat([Buffer.from(`${FORMAT} ${VERSION} ${sha256(body)}\n`), body]));
}

/**
 * @returns undefined where there is no such file
 * @throws OverparamError `CHECKPOINT_DAMAGED`, `CHECKPOINT_NEWER`
 */
export async function readCheckpoint(path: string): Promise<SessionCheckpoint | undefined> {
  let file: Buffer;
  try {
    file = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const damaged = (why: string): Error =>
    new OverparamError(
      'CHECKPOINT_DAMAGED',
      `${path} cannot be read: ${why}. To start again, use --overwrite instead of --resume.`,
    );
  const end = file.indexOf('\n');
  const [format, version, sum] = file.subarray(0, Math.max(end, 0)).toString('latin1').split(' ');
  if (format !== FORMAT || !/^\d+$/.test(version ?? '')) throw damaged('it does not begin as a session file does');
  if (Number(version) > VERSION)
    throw new OverparamError(
      'CHECKPOINT_NEWER',
      `${path} has format version ${version}: update overparam, or start again with --overwrite.`,
    );
  const body = file.subarray(end + 1);
  if (sha256(body) !== sum) throw damaged('its checksum does not match its content');

  const length = body.length < 4 ? 0 : body.readUInt32LE(0);
  const parsed = v.safeParse(contentSchema, body.toString('utf8', 4, 4 + length));
  if (!parsed.success) throw damaged(describeIssue(parsed.issues[0]));
  const { position, parameters, arrays, ...session } = parsed.output;
  let offset = 4 + length;
  const restored = arrays.map((array): NamedArray => {
    const { name, shape } = array;
    if ('text' in array) return { name, shape, data: array.text };
    const count = shape.reduce((product, size) => product * size, 1);
    if (offset + 4 * count > body.length) throw damaged(`the numbers of '${name}' are missing`);
    // A copy, because a typed array begins at a multiple of its numbers' size.
    const bytes = new Uint8Array(body.subarray(offset, offset + 4 * count)).buffer;
    offset += 4 * count;
    return { name, shape, data: array.type === 'float32' ? new Float32Array(bytes) : new Int32Array(bytes) };
  });
  const current = position && {
    position,
    parameters: restored.slice(0, parameters),
    trainer: restored.slice(parameters),
  };
  return { ...session, current };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const isText = (data: NamedArray['data']): data is readonly string[] => Array.isArray(data);

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const array = { name: v.string(), shape: v.array(whole) };

/** JSON writes NaN as null. */
const perhapsNaN = v.pipe(
  v.nullable(v.number()),
  v.transform((value) => value ?? NaN),
);

const positionSchema: v.GenericSchema<unknown, RunPosition> = v.strictObject({
  step: whole,
  seconds: v.number(),
  backtracks: whole,
  evaluations: whole,
  epochs: v.array(epochSchema),
  tracing: v.strictObject({
    points: traceSchema,
    open: v.array(
      v.strictObject({
        loss: perhapsNaN,
        stepSize: perhapsNaN,
        backtracks: whole,
        evaluations: whole,
      }),
    ),
  }),
});

const contentSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.strictObject({
    plan: planSchema,
    dataPath: v.nullable(v.string()),
    finished: v.array(runSchema),
    position: v.nullable(positionSchema),
    parameters: whole,
    arrays: v.array(
      v.union([
        v.strictObject({ ...array, type: v.picklist(['float32', 'int32']) }),
        v.strictObject({ ...array, text: v.array(v.string()) }),
      ]),
    ),
  }),
);
