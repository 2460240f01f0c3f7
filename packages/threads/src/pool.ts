import { control as c, createBlock, maxArguments, maxThreads, maxTiles } from './control.ts';
import { spawn as spawnThread, type Spawn, type Thread } from './spawn.ts';

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

const jobStep = 2 * maxTiles;

/**
 * Milliseconds for which a worker without work stays awake. In a training step the next job comes within this time, as a rule, and
 * waking a worker costs the caller much.
 */
export const spin = 1;

/**
 * Starts a pool. It can be used at once: who is done with its tiles takes those of others, so workers that are late are no hindrance.
 *
 * @throws what the engine throws when it starts no worker
 */
export function createPool(options: PoolOptions): Pool {
  const { module, memory, exports, idle, spawn = spawnThread, patience = 10_000 } = options;
  const threads = Math.max(1, Math.min(options.threads, maxThreads));
  const { words, table } = createBlock();
  const numbers = new Map(Object.keys(exports).map((name, i) => [name, i]));
  const mayWait = canWait(words);
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
  /** Gives each thread its part of the tiles, all under the number of a new job, so that whoever still looks at an old one can't take any. */
  const publish = (tiles: number): void => {
    const job = (Atomics.load(words, c.job) + 1) | 0;
    const all = slots();
    let first = 0;
    all.forEach((slot, i) => {
      const end = Math.ceil((tiles * (i + 1)) / all.length);
      words[slot + c.first] = first;
      Atomics.store(words, slot + c.left, (job * jobStep + end - first) | 0);
      first = end;
    });
    Atomics.store(words, c.job, job);
    if (Atomics.load(words, c.sleepers) > 0) Atomics.notify(words, c.job);
  };
  /** Writes down what the job is, and gives out its tiles. */
  const announce = ({ kernel, tiles, scratch }: Job): void => {
    tiles.forEach((args, tile) => table.set(args, tile * maxArguments));
    words[c.kernel] = numbers.get(kernel)!;
    words[c.argumentCount] = tiles[0]!.length;
    words[c.scratchArgument] = scratch?.argument ?? -1;
    words[c.scratchAt] = scratch?.at ?? 0;
    words[c.scratchSize] = scratch?.size ?? 0;
    words[c.pages] = memory.buffer.byteLength / 65536;
    publish(tiles.length);
  };
  /** The number of a tile that is this thread's from now on, or -1 when all are taken. */
  const take = (): number => {
    for (let slot = c.slots; slot < c.slots + c.slotSize * threads; slot += c.slotSize)
      for (;;) {
        const word = Atomics.load(words, slot + c.left);
        const left = word & (jobStep - 1);
        if (left === 0) break;
        if (Atomics.compareExchange(words, slot + c.left, word, word - 1) === word)
          return words[slot + c.first]! + left - 1;
      }
    return -1;
  };
  const isLeft = (): boolean => slots().some((slot) => (Atomics.load(words, slot + c.left) & (jobStep - 1)) !== 0);
  const isBusy = ({ slot }: Worker): boolean => Atomics.load(words, slot + c.busy) !== 0;

  /** Waits until nobody is at a tile; returns those that gave no sign of life. */
  const join = (limit: number): readonly Worker[] => {
    const lost: Worker[] = [];
    for (const worker of workers) {
      // Most often it is a matter of microseconds, which waiting would cost as well.
      for (let i = 0; i < 20_000 && isBusy(worker); i++);
      const slice = 50;
      let waited = 0;
      Atomics.store(words, c.callerWaits, 1);
      while (isBusy(worker) && waited < limit) {
        // In slices, and each counts at most once: after a sleep of the whole machine a worker gets its time again.
        const start = performance.now();
        if (mayWait) Atomics.wait(words, worker.slot + c.busy, 1, slice);
        else while (isBusy(worker) && performance.now() < start + slice);
        waited += Math.min(slice, performance.now() - start);
      }
      Atomics.store(words, c.callerWaits, 0);
      if (isBusy(worker)) lost.push(worker);
    }
    return lost;
  };

  /** Lets nobody take a tile any more, and waits for those who are at one; ends those that gave no sign of life, and returns how many. */
  const finish = (limit: number): number => {
    while (take() >= 0);
    const lost = join(limit);
    for (const worker of lost) end(worker);
    return lost.length;
  };

  const pool: Pool = {
    get threads() {
      return 1 + workers.length;
    },
    get sleeping() {
      return Atomics.load(words, c.sleepers);
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
      const start = performance.now();
      announce(job);
      try {
        for (let tile = take(); tile >= 0; tile = take()) call(tiles[tile]!);
      } finally {
        // After an exception, too, nobody may be left at work on memory that the caller is going to free.
        const lost = finish(patience + 10 * (performance.now() - start));
        const failed = Atomics.exchange(words, c.failed, 0) !== 0;
        if (lost > 0 || failed) throw options.lost(whatWasLost(kernel, lost, workers.length));
      }
    },
    reach() {
      if (workers.length === 0) return 0;
      const start = performance.now();
      announce({ kernel: idle, tiles: [[]] });
      while (isLeft() && performance.now() < start + 5);
      finish(patience);
      return performance.now() - start;
    },
    dispose() {
      for (const worker of [...workers]) end(worker);
      publish(0);
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
            console.warn(`A thread has ended (${reason}); ${pool.threads} go on.`);
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
  return `While ${kernel} was computed, ${what}: its result is lost. Repeat the step; ${left + 1} threads go on.`;
}

/** The main thread of a page must not wait; there the caller goes round in circles. */
function canWait(words: Int32Array<SharedArrayBuffer>): boolean {
  try {
    Atomics.wait(words, c.job, -1, 0);
    return true;
  } catch {
    return false;
  }
}
