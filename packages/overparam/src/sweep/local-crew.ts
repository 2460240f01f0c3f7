import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Configuration } from './configuration.ts';
import type { Crew, Failure } from './crew.ts';
import { parseFinishedRun } from './finished-run.ts';
import type { WorkProgress } from './work.ts';

/** What a process is asked to do. */
export type Order =
  | {
      readonly type: 'run';
      readonly hash: string;
      readonly configuration: Configuration;
      readonly folder: string;
      readonly data: string | undefined;
      readonly saveEvery: number;
    }
  | { readonly type: 'stop' };

/** What it answers; `finished` brings the JSON of a run. */
export type Told =
  | { readonly type: 'progress'; readonly progress: WorkProgress }
  | { readonly type: 'finished'; readonly run: string }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'stopped' }
  /** The checkpoint could not be used: the run starts again. */
  | { readonly type: 'discarded' };

type Ended =
  Exclude<Told, { readonly type: 'progress' | 'discarded' }> | { readonly type: 'died'; readonly how: string };

/** Reports of a run under way. */
interface Heard {
  progress(told: Extract<Told, { readonly type: 'progress' }>): void;
  discarded(): void;
}

interface LocalCrew {
  readonly processes: number;
  /** The folder of a run's checkpoint. */
  folderOf(hash: string): string;
  /** Where data are that configurations name. */
  readonly data: string | undefined;
  readonly saveEvery: number;
}

const bin = fileURLToPath(new URL('../../bin/overparam.js', import.meta.url));

/** A process computes with the same instructions as this one. */
const execArgv = process.execArgv.filter((flag) => flag.startsWith('--experimental-wasm'));

/** The processes share the cores among them, so each computes on one thread. */
const env = { ...process.env, OVERPARAM_THREADS: process.env['OVERPARAM_THREADS'] ?? '1' };

/** So often a run is begun again, from its last checkpoint, when the process that did it has died. */
const DEATHS = 3;

/** Processes of this machine, each with one run at a time. */
export function localCrew({ processes, folderOf, data, saveEvery }: LocalCrew): Crew {
  return async (runs, observer, signal) => {
    let discarded = 0;
    const waiting = [...runs.keys()];
    const deaths = new Map<string, number>();

    const place = async (): Promise<void> => {
      let child: ChildProcess | undefined;
      for (let hash = waiting.shift(); hash !== undefined && !signal.aborted; hash = waiting.shift()) {
        const run = hash;
        child ??= fork(bin, ['worker', '--parent'], { env, execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
        const configuration = runs.get(run)!;
        const order: Order = { type: 'run', hash: run, configuration, folder: folderOf(run), data, saveEvery };
        const heard: Heard = {
          progress: ({ progress }) => observer.progressed(run, progress),
          discarded: () => observer.refused?.({ BAD_CHECKPOINT: ++discarded }),
        };
        const ended = await done(child, order, heard, signal);
        if (ended.type === 'finished') await observer.finished(run, parseFinishedRun(ended.run, run));
        if (ended.type === 'failed') observer.failed(run, ended.failure);
        if (ended.type === 'died') {
          child = undefined;
          deaths.set(run, (deaths.get(run) ?? 0) + 1);
          if (deaths.get(run)! < DEATHS) waiting.unshift(run);
          else observer.failed(run, { code: 'WORKER_DIED', message: `Its process died ${DEATHS} times: ${ended.how}` });
        }
      }
      child?.disconnect();
    };
    await Promise.all(Array.from({ length: Math.min(processes, runs.size) }, place));
  };
}

function done(child: ChildProcess, order: Order, heard: Heard, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve) => {
    let said = '';
    const hear = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-500));
    const stop = (): void => void (child.connected && child.send({ type: 'stop' } satisfies Order));
    const end = (ended: Ended): void => {
      child.off('message', listen).off('close', close);
      child.stderr!.off('data', hear);
      signal.removeEventListener('abort', stop);
      resolve(ended);
    };
    const listen = (told: Told): void => {
      if (told.type === 'progress') heard.progress(told);
      else if (told.type === 'discarded') heard.discarded();
      else end(told);
    };
    const close = (code: number | null, killed: string | null): void =>
      end({ type: 'died', how: `${killed ?? `exit code ${code}`}. ${said.trim()}`.trim() });
    child.on('message', listen).on('close', close);
    child.stderr!.on('data', hear);
    signal.addEventListener('abort', stop);
    // A process that has died meanwhile is closed in a moment.
    child.send(order, () => undefined);
  });
}
