import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/core';
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

const FORMAT = 'OVERPARAM-STUDY 1';

export const studyCheckpointIn = (out: string): string => join(out, 'study.overparam');

/**
 * Does the pieces of a study, one after the other.
 * @returns undefined when it was stopped: then the checkpoint says where to go on
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
  const save = async (current: StudyCheckpoint['current']): Promise<void> => {
    const json = JSON.stringify({ study: study.name, settings, finished, current } satisfies StudyCheckpoint);
    await writeAtomically(studyCheckpointIn(out), `${FORMAT} ${sha256(json)}\n${json}`);
    await observer.saved?.();
  };
  await makeFolder(out);
  // A folder that cannot be written to is to be known before the work.
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
 * @throws OverparamError `CHECKPOINT_DAMAGED`
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
  const json = text.slice(text.indexOf('\n') + 1);
  if (text.startsWith(`${FORMAT} ${sha256(json)}\n`)) return JSON.parse(json) as StudyCheckpoint;
  throw new OverparamError(
    'CHECKPOINT_DAMAGED',
    `${path} cannot be read: its checksum does not fit its content. Delete it, and start again without --resume.`,
  );
}

/** Called when the results are safe. */
export const forgetStudy = (out: string): Promise<void> => rm(studyCheckpointIn(out), { force: true });

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
