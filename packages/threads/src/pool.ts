import { control as c, createBlock, maxArguments, maxThreads, maxTiles } from './control.ts';
import { dismissAll, finish, isLeft, publish, share } from './protocol.ts';
import { spawn as spawnThread, type Spawn, type Thread } from './spawn.ts';
import { sharedWords } from './words.ts';

/** Calls of one function of the module that do not touch one another's results: each is a tile of the work. */
export interface Job {
  readonly kernel: string;
  /** The arguments of each call. */
  readonly tiles: readonly (readonly number[])[];
  /**
   * Room that a call wants for itself: which argument says where, and `size` for each thread from `at` on, in whatever unit that
   * argument counts. The calling thread has the first.
   */
  readonly scratch?: { readonly argument: number; readonly at: number; readonly size: number } | undefined;
}

/** Threads that compute in one memory: the calling one and its workers. */
export interface Pool {
  /** How many there are now, the calling one included. */
  readonly threads: number;
  /** Resolves when every worker has started, or could not, or after ten seconds; never rejects. */
  readonly ready: Promise<void>;
  /** How many workers must be woken before they can help. */
  readonly sleeping: number;
  /**
   * Computes all tiles, and returns when they are done.
   * @throws what `lost` makes, once, when a worker died at a tile, or a tile failed; the results are then undefined
   */
  run(job: Job): void;
  /** Computes all tiles on the calling thread. */
  alone(job: Job): void;
  /** Milliseconds until a worker has done something small; 0 where there is none. */
  reach(): number;
  /** Ends the workers; the calling thread computes alone from then on. */
  dispose(): void;
}

export interface PoolOptions {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The functions of the calling thread's instance of the module. */
  readonly exports: Readonly<Record<string, (...args: number[]) => unknown>>;
  /** How many compute, the calling one included; at most `maxThreads`. */
  readonly threads: number;
  /** A function that does nothing when all its arguments are 0: what `reach` has a worker do. */
  readonly idle: string;
  /** The error of `run` when a thread was lost. */
  readonly lost: (message: string) => Error;
  readonly spawn?: Spawn;
  /** Milliseconds without a sign of life, besides ten times as long as the calling thread was at the job, until a worker counts as dead. */
  readonly patience?: number;
}

interface Worker {
  readonly slot: number;
  thread: Thread | undefined;
  ready: boolean;
}

/**
 * Milliseconds for which a worker without work stays awake. In a training step the next job comes within this time, as a rule, and
 * waking a worker costs the caller much.
 */
export const spin = 1;

/**
 * Starts a pool. Usable immediately: a thread that has finished its tiles steals from others, so slow-starting workers do not delay a job.
 *
 * @throws what the engine throws when it starts no worker
 */
export function createPool(options: PoolOptions): Pool {
  const { module, memory, exports, idle, spawn = spawnThread, patience = 10_000 } = options;
  const threads = Math.max(1, Math.min(options.threads, maxThreads));
  const { words, table } = createBlock();
  const shared = sharedWords(words);
  const numbers = new Map(Object.keys(exports).map((name, i) => [name, i]));
  const workers: Worker[] = [];
  let starting = 0;
  let settle = (): void => {};
  const ready = new Promise<void>((resolve) => {
    const limit = setTimeout(resolve, 10_000);
    settle = () => {
      clearTimeout(limit);
      resolve();
    };
  });
  words[c.spin] = 1000 * spin;
  words[c.threads] = threads;

  const started = (): void => void (--starting === 0 && settle());
  const dismiss = (worker: Worker): void => {
    const at = workers.indexOf(worker);
    if (at < 0) return;
    workers.splice(at, 1);
    Atomics.store(words, worker.slot + c.dismissed, 1);
    if (!worker.ready) started();
  };
  const end = (worker: Worker): void => {
    dismiss(worker);
    worker.thread?.terminate();
  };
  const slots = (): number[] => [c.slots, ...workers.map(({ slot }) => slot)];
  const describe = ({ kernel, tiles, scratch }: Job): void => {
    tiles.forEach((args, tile) => table.set(args, tile * maxArguments));
    words[c.kernel] = numbers.get(kernel)!;
    words[c.argumentCount] = tiles[0]!.length;
    words[c.scratchArgument] = scratch?.argument ?? -1;
    words[c.scratchAt] = scratch?.at ?? 0;
    words[c.scratchSize] = scratch?.size ?? 0;
    words[c.pages] = memory.buffer.byteLength / 65536;
    words[c.failed] = 0;
  };
  const now = (): number => performance.now();
  const endAll = (lost: readonly number[]): void => {
    for (const slot of lost) end(workers.find((worker) => worker.slot === slot)!);
  };

  const pool: Pool = {
    get threads() {
      return 1 + workers.length;
    },
    get sleeping() {
      return workers.filter(({ slot }) => Atomics.load(words, slot + c.asleep) !== 0).length;
    },
    ready,
    alone: (job) => inTurn(exports, job),
    run(job) {
      const { kernel, tiles } = job;
      if (workers.length === 0 || tiles.length === 1) return inTurn(exports, job);
      if (tiles.length > maxTiles) {
        pool.run({ ...job, tiles: tiles.slice(0, maxTiles) });
        return pool.run({ ...job, tiles: tiles.slice(maxTiles) });
      }
      const call = callOf(exports, job);
      const start = now();
      share(shared, slots(), {
        tiles: tiles.length,
        describe: () => describe(job),
        compute: (tile) => call(tiles[tile]!),
        limit: () => patience + 10 * (now() - start),
        now,
        ended(lost) {
          endAll(lost);
          const failed = Atomics.load(words, c.failed) !== 0;
          if (lost.length > 0 || failed) throw options.lost(whatWasLost(kernel, lost.length, workers.length));
        },
      });
    },
    reach() {
      if (workers.length === 0) return 0;
      const all = slots();
      const start = now();
      describe({ kernel: idle, tiles: [[]] });
      publish(shared, all, 1);
      while (isLeft(shared, all) && now() < start + 5);
      const lost = finish(shared, all, patience, now);
      endAll(lost);
      if (lost.length > 0) console.warn(`${lost.length} of the threads died; ${pool.threads} continue.`);
      return now() - start;
    },
    dispose() {
      dismissAll(shared, slots());
      for (const worker of [...workers]) end(worker);
      settle();
    },
  };

  const count = threads - 1;
  starting = count;
  if (count <= 0) settle();
  try {
    for (let i = 0; i < count; i++) {
      const worker: Worker = { slot: c.slots + c.slotSize * (i + 1), thread: undefined, ready: false };
      workers.push(worker);
      worker.thread = spawn(
        { module, memory, words, table, thread: i + 1 },
        {
          ready() {
            if (worker.ready || !workers.includes(worker)) return;
            worker.ready = true;
            started();
          },
          gone(reason) {
            if (!workers.includes(worker)) return;
            dismiss(worker);
            console.warn(`A thread has ended (${reason}); ${pool.threads} continue.`);
          },
        },
      );
    }
  } catch (error) {
    pool.dispose();
    throw error;
  }
  return pool;
}

/** Computes all tiles of a job, one after the other. */
export function inTurn(exports: PoolOptions['exports'], job: Job): void {
  job.tiles.forEach(callOf(exports, job));
}

/** What computes a tile, of which it gets the arguments, on the calling thread. */
function callOf(exports: PoolOptions['exports'], { kernel, scratch }: Job): (args: readonly number[]) => void {
  const call = exports[kernel]!;
  if (!scratch) return (args) => void call(...args);
  return (args) => void call(...args.map((value, i) => (i === scratch.argument ? scratch.at : value)));
}

function whatWasLost(kernel: string, lost: number, left: number): string {
  const what = lost > 0 ? `${lost} of the threads died` : 'a thread failed';
  return `While ${kernel} was computed, ${what}: its result is lost. Repeat the step; ${left + 1} threads continue.`;
}
