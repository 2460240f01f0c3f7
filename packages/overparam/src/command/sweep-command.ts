import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { OverparamError } from '@overparam/core';
import { claimFolder } from '../session/folder-lock.ts';
import { isFinished } from '../session/output.ts';
import { hashOf } from '../sweep/configuration.ts';
import { configurationsOf } from '../sweep/configurations.ts';
import type { Crew, Failure } from '../sweep/crew.ts';
import { sweepFindings } from '../sweep/findings.ts';
import type { FinishedRun } from '../sweep/finished-run.ts';
import { localCrew } from '../sweep/local-crew.ts';
import { prepare } from '../sweep/prepare.ts';
import { connect } from '../sweep/redis/connect.ts';
import { redisCrew } from '../sweep/redis/redis-crew.ts';
import { sweepResults } from '../sweep/results.ts';
import { removeSweep, removeWork, storedRun, storeRun, workFolder } from '../sweep/store.ts';
import { parseSweep } from '../sweep/sweep-file.ts';
import { showFindings, writeFindings } from './findings.ts';
import { onInterrupt } from './interrupt.ts';
import { wholeNumber } from './run-options.ts';
import { sweepProgress } from './sweep-progress.ts';
import { colorsFor, type Terminal } from './terminal.ts';

/** The options of `overparam sweep`, as text. */
export interface SweepOptions {
  readonly processes?: string;
  readonly redis?: string;
  readonly queue: string;
  readonly data?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly saveEvery: string;
}

const INTERRUPTED = 130;

/** `overparam sweep FILE`: does the missing runs, and writes results, report and picture. Returns the exit code. */
export async function sweepCommand(path: string, options: SweepOptions, terminal: Terminal): Promise<number> {
  const { resume, overwrite, redis: url } = options;
  if (resume && overwrite) throw new OverparamError('BAD_OPTION', '--resume and --overwrite exclude each other.');
  if (url !== undefined && options.processes !== undefined)
    throw new OverparamError('BAD_OPTION', 'With --redis the runs are done by workers: start them with overparam worker --redis, and leave --processes out.'); // prettier-ignore
  const sweep = parseSweep(await readFile(path, 'utf8'), path);
  const configurations = new Map(
    configurationsOf(sweep).map((configuration) => [hashOf(configuration), configuration]),
  );
  const out = options.out ?? join('results', basename(path).replace(/\.json$/, ''));
  const saveEvery = wholeNumber('--save-every', options.saveEvery, 0);
  const processes = options.processes === undefined ? availableParallelism() : wholeNumber('--processes', options.processes, 1, 256); // prettier-ignore
  const data = options.data === undefined ? undefined : resolve(options.data);
  // Report a bad run before the first one starts. Workers elsewhere have data of their own.
  for (const configuration of configurations.values())
    if (url === undefined || configuration.options['data'] === undefined) await prepare(configuration, data);

  const release = await claimFolder(out);
  try {
    return await sweepIn(out);
  } finally {
    await release();
  }

  async function sweepIn(out: string): Promise<number> {
    const runs = await stored(out, configurations.keys(), options, terminal);
    const missing = new Map([...configurations].filter(([hash]) => !runs.has(hash)));

    const redis = url === undefined || missing.size === 0 ? undefined : await connect(url);
    if (redis)
      terminal.stderr.write(
        `Any overparam worker --redis URL --queue ${options.queue} takes the ${missing.size} runs.\n`,
      );

    const failed = new Map<string, Failure>();
    const stop = new AbortController();
    const interrupt = onInterrupt(terminal, () => {
      progress.close();
      stop.abort();
    });
    const progress = sweepProgress(terminal, configurations, runs.size);
    try {
      const crew: Crew = redis
        ? redisCrew(redis, options.queue)
        : localCrew({
            processes,
            folderOf: (hash) => workFolder(out, hash),
            data,
            saveEvery,
          });
      if (missing.size > 0)
        await crew(
          missing,
          {
            progressed: progress.progressed,
            async finished(hash, run) {
              await storeRun(out, hash, run);
              runs.set(hash, run);
              progress.finished(hash, run);
            },
            failed(hash, failure) {
              failed.set(hash, failure);
              progress.failed(hash, failure);
            },
            refused: progress.refused,
          },
          stop.signal,
        );
    } finally {
      progress.close();
      interrupt.release();
      redis?.disconnect();
    }
    if (runs.size + failed.size < configurations.size) {
      const others = redis ? 'workers continue with the others' : 'those under way are saved';
      terminal.stderr.write(
        `${runs.size} of ${configurations.size} runs are done, ${others}. The same command with --resume continues.\n`,
      );
      return INTERRUPTED;
    }
    await removeWork(out, configurations.keys());
    await deliver(runs, failed);
    return failed.size > 0 ? 1 : 0;
  }

  async function deliver(runs: ReadonlyMap<string, FinishedRun>, failed: ReadonlyMap<string, Failure>): Promise<void> {
    const inOrder = [...configurations.keys()].flatMap((hash) => runs.get(hash) ?? []);
    const failures = [...failed].map(([hash, failure]) => ({ configuration: configurations.get(hash)!, failure }));
    if (inOrder.length > 0) {
      const findings = sweepFindings(inOrder, failed.size);
      await writeFindings(sweepResults(sweep, inOrder, failures), findings, out);
      showFindings(findings, out, terminal);
    }
    if (failed.size > 0) {
      const { red } = colorsFor(terminal.stderr);
      terminal.stderr.write(`${red('error')}: ${failed.size} runs failed. --resume tries them again.\n`);
    }
  }
}

/**
 * The runs that the folder holds, with `--resume`; without it there must not be any.
 * @throws OverparamError `UNFINISHED_SESSION`, `RESULTS_EXIST`, `FOLDER_FOREIGN`, `RUN_NEWER`
 */
async function stored(
  out: string,
  hashes: Iterable<string>,
  { resume, overwrite }: SweepOptions,
  { stderr }: Terminal,
): Promise<Map<string, FinishedRun>> {
  const runs = new Map<string, FinishedRun>();
  if (overwrite) await removeSweep(out);
  const finished = await isFinished(out, 'sweep');
  for (const hash of hashes) {
    const run = await storedRun(out, hash, (why) => stderr.write(`${why} It is done again.\n`));
    if (run) runs.set(hash, run);
  }
  if (runs.size > 0 && !resume)
    throw new OverparamError(
      'UNFINISHED_SESSION',
      `${out} holds ${runs.size} runs of this sweep: --resume continues it, --overwrite starts again, --out names another folder.`,
    );
  if (runs.size === 0 && finished)
    throw new OverparamError(
      'RESULTS_EXIST',
      `${out} holds the results of another sweep: --overwrite replaces them, --out names another folder.`,
    );
  return runs;
}
