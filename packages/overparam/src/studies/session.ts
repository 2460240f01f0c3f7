import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/core';
import * as v from 'valibot';
import { describeIssue } from '../results/results.ts';
import { writeAtomically } from '../session/atomic-write.ts';
import { makeFolder } from '../session/make-folder.ts';
import type { Outcome, Piece, Study, StudyProgress } from './study.ts';

/** A study between two moments of its work, as plain data. */
export interface StudyCheckpoint {
  readonly study: string;
  readonly settings: object;
  readonly finished: readonly { readonly label: string; readonly result: unknown; readonly seconds: number }[];
  /** The piece after the finished ones, where it has begun. */
  readonly current: { readonly snapshot: unknown; readonly seconds: number } | null;
}

export interface StudyObserver {
  started?(piece: Piece, index: number, count: number): void;
  progressed?(progress: StudyProgress): void;
  finished?(piece: Piece, index: number, count: number, seconds: number): void;
  /** A checkpoint has been written, where {@link studyCheckpointIn} says. */
  saved?(): Promise<void>;
}

interface StudySession extends StudyObserver {
  readonly study: Study;
  readonly settings: object;
  /** The folder of the checkpoint. */
  readonly out: string;
  readonly from?: StudyCheckpoint | undefined;
  /** Seconds between two checkpoints; there is one after each piece anyway. */
  readonly saveEvery: number;
  /** True when the session is to stop at the next moment. */
  stop(): boolean;
}

const FORMAT = 'OVERPARAM-STUDY';
const VERSION = 1;

const checkpointSchema: v.GenericSchema<unknown, StudyCheckpoint> = v.strictObject({
  study: v.string(),
  settings: v.looseObject({}),
  finished: v.array(v.strictObject({ label: v.string(), result: v.unknown(), seconds: v.number() })),
  current: v.nullable(v.strictObject({ snapshot: v.unknown(), seconds: v.number() })),
});

export const studyCheckpointIn = (out: string): string => join(out, 'study.overparam');

/**
 * Does the pieces of a study, one after the other.
 * @returns undefined when it was stopped: then the checkpoint says where to continue
 * @throws OverparamError `UNWRITABLE` for a checkpoint that cannot be written, and what the study throws
 */
export async function runStudy({
  study,
  settings,
  out,
  from,
  saveEvery,
  stop,
  ...observer
}: StudySession): Promise<readonly Outcome<Piece, unknown>[] | undefined> {
  const pieces = study.pieces(settings);
  let finished = from?.finished ?? [];
  if (finished.length > pieces.length || finished.some(({ label }, i) => label !== pieces[i]!.label))
    throw new OverparamError(
      'CHECKPOINT_FOREIGN',
      `The checkpoint in ${out} has other pieces than ${study.name} has now: start again with --overwrite, or choose another folder with --out.`,
    );
  const save = async (current: StudyCheckpoint['current']): Promise<void> => {
    const json = JSON.stringify({ study: study.name, settings, finished, current } satisfies StudyCheckpoint);
    await writeAtomically(studyCheckpointIn(out), `${FORMAT} ${VERSION} ${sha256(json)}\n${json}`);
    await observer.saved?.();
  };
  await makeFolder(out);
  // Fail fast if the folder is not writable.
  if (!from) await save(null);

  for (let index = finished.length; index < pieces.length; index++) {
    const piece = pieces[index]!;
    observer.started?.(piece, index, pieces.length);
    const current = index === from?.finished.length ? from.current : null;
    const earlier = current?.seconds ?? 0;
    const began = performance.now();
    const seconds = (): number => earlier + (performance.now() - began) / 1000;
    let saved = began;
    const result = await study.work(piece, settings, {
      from: current?.snapshot ?? undefined,
      async progress(progress) {
        observer.progressed?.(progress);
        // Signals and timers are served in between.
        await new Promise((resolve) => setImmediate(resolve));
        const stopping = stop();
        if (stopping || performance.now() - saved > 1000 * saveEvery) {
          const snapshot = progress.snapshot?.();
          await save(snapshot === undefined ? null : { snapshot, seconds: seconds() });
          saved = performance.now();
        }
        return !stopping;
      },
    });
    if (result === undefined) return undefined;
    // As a checkpoint would hand it on: a study that was resumed shows the same.
    const plain = JSON.parse(JSON.stringify(result)) as unknown;
    finished = [...finished, { label: piece.label, result: plain, seconds: seconds() }];
    observer.finished?.(piece, index, pieces.length, seconds());
    await save(null);
  }
  return finished.map(({ result, seconds }, i) => ({ piece: pieces[i]!, result, seconds }));
}

/**
 * @returns undefined where there is no unfinished study
 * @throws OverparamError `CHECKPOINT_DAMAGED`, `CHECKPOINT_NEWER`
 */
export async function readStudyCheckpoint(out: string): Promise<StudyCheckpoint | undefined> {
  const path = studyCheckpointIn(out);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const damaged = (why: string): Error =>
    new OverparamError(
      'CHECKPOINT_DAMAGED',
      `${path} cannot be read: ${why}. To start again, use --overwrite instead of --resume.`,
    );
  const end = text.indexOf('\n');
  const [format, version, sum] = text.slice(0, Math.max(end, 0)).split(' ');
  if (format !== FORMAT || !/^\d+$/.test(version ?? '')) throw damaged('it does not begin as a study file does');
  if (Number(version) > VERSION)
    throw new OverparamError(
      'CHECKPOINT_NEWER',
      `${path} has format version ${version}: update overparam, or start again with --overwrite.`,
    );
  const json = text.slice(end + 1);
  if (sha256(json) !== sum) throw damaged('its checksum does not match its content');
  const { success, output, issues } = v.safeParse(v.pipe(v.string(), v.parseJson(), checkpointSchema), json);
  if (!success) throw damaged(describeIssue(issues[0]));
  return output;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
