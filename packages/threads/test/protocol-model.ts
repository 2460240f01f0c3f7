import { control as c } from '../src/control.ts';
import { dismissAll, jobStep, share } from '../src/protocol.ts';
import { workerTurn } from '../src/worker.ts';
import type { Words } from '../src/words.ts';

/**
 * Runs the code of the caller and of the workers in every order of their operations on the shared words.
 *
 * A thread is a function that is called again and again. Its operations are recorded; to continue after k of them it is
 * called anew, is given the k recorded answers, and is suspended by an exception at the operation after the next one.
 * States that were met before, with the same words and records, are not explored again.
 */
export interface Model {
  readonly workers: number;
  /** Tiles of each job. */
  readonly jobs: readonly number[];
  /** How many workers may die, each at any operation. */
  readonly deaths?: number;
  /** Whether a worker may be so slow that the caller gives it up. */
  readonly slow?: boolean;
  /** Whether states are told apart by all that their threads have seen. */
  readonly exact?: boolean;
  /** Another text of the worker's side, to see that its faults are found. */
  readonly workerTurn?: string;
  /** Another caller's side. */
  readonly share?: typeof share;
}

export interface Explored {
  readonly states: number;
  /** Jobs that ended with a lost worker, over all states. */
  readonly lost: number;
}

type Operation =
  | { readonly kind: 'load' | 'notify'; readonly at: number }
  | { readonly kind: 'store'; readonly at: number; readonly value: number }
  | { readonly kind: 'exchange'; readonly at: number; readonly expected: number; readonly value: number }
  | { readonly kind: 'spin'; readonly at: number; readonly value: number }
  | { readonly kind: 'wait'; readonly at: number; readonly value: number; readonly last: boolean }
  | { readonly kind: 'describe' | 'start' | 'end'; readonly tile: number }
  | { readonly kind: 'ended'; readonly lost: readonly number[] }
  | { readonly kind: 'gone'; readonly slot: number };

interface ThreadState {
  readonly record: readonly number[];
  readonly pending: Operation | null;
  readonly waiting: 'no' | 'yes' | 'woken';
  readonly dead: boolean;
  /** The tile that it computes, or -1. */
  readonly tile: number;
  /** Of the caller: which job is next, and the slots of the workers that it knows. */
  readonly turn: number;
  readonly slots: readonly number[];
  /** Of the caller: the slots that share the job, and the answers since no tile was left, or null before. */
  readonly known: readonly number[];
  readonly joining: readonly number[] | null;
}

interface State {
  readonly words: readonly number[];
  readonly threads: readonly ThreadState[];
  readonly deaths: number;
  /** How often each tile of the current job was begun, and completed. */
  readonly begun: readonly number[];
  readonly completed: readonly number[];
  /** Workers that the caller has given up though they live. */
  readonly givenUp: readonly number[];
}

const suspended = new Error('suspended');
const slotOf = (thread: number): number => c.slots + c.slotSize * thread;
const isIn = (at: number, word: number): boolean => at >= c.slots && (at - c.slots) % c.slotSize === word;
/** Milliseconds of the caller's limit: two waits of 50. */
const limit = 100;
const timedOut = 2;

/** @throws Error at the first state in which the protocol is violated, with the operations that lead to it */
export function explore(model: Model): Explored {
  const { workers, jobs, deaths = 0, slow = false, exact = false } = model;
  const turnOf = new Function(`${model.workerTurn ?? workerTurn}\nreturn workerTurn;`)() as (
    words: Words,
    thread: number,
    threads: number,
    compute: (tile: number) => void,
  ) => () => boolean;
  const shareJob = model.share ?? share;

  /** Calls a thread with its record; the state at its next operation, or when it has ended. */
  function resume(thread: number, state: ThreadState): ThreadState {
    let { turn, slots } = state;
    const { record } = state;
    let known = slots;
    let joinsFrom = -1;
    let asked = 0;
    let clock = 0;
    let pending: Operation | null = null;
    const ask = (operation: Operation): number => {
      if (pending) throw suspended;
      if (asked < record.length) return record[asked++]!;
      pending = operation;
      throw suspended;
    };
    const words: Words = {
      load: (at) => ask({ kind: 'load', at }),
      store: (at, value) => void ask({ kind: 'store', at, value }),
      compareExchange: (at, expected, value) => ask({ kind: 'exchange', at, expected, value }),
      notify: (at) => void ask({ kind: 'notify', at }),
      spinWhile: (at, value) => ask({ kind: 'spin', at, value }) === 1,
      wait(at, value, milliseconds) {
        const answer = ask({ kind: 'wait', at, value, last: clock + milliseconds >= limit });
        if (answer & timedOut) clock += milliseconds;
        return (answer & 1) === 1;
      },
    };
    const compute = (tile: number): void => {
      ask({ kind: 'start', tile });
      ask({ kind: 'end', tile });
    };
    let goesOn = true;
    try {
      if (thread > 0) goesOn = turnOf(words, thread, workers + 1, compute)();
      else {
        const gone = slots.slice(1).filter((slot) => ask({ kind: 'gone', slot }) === 1);
        for (const slot of gone) words.store(slot + c.dismissed, 1);
        known = slots.filter((slot) => !gone.includes(slot));
        if (turn === jobs.length) dismissAll(words, known);
        else {
          clock = 0;
          let given: readonly number[] = [];
          shareJob(words, known, {
            tiles: jobs[turn]!,
            describe: () => void ask({ kind: 'describe', tile: jobs[turn]! }),
            compute,
            limit() {
              // Suspended in a tile, the caller only passes by here.
              if (pending) throw suspended;
              joinsFrom = asked;
              return limit;
            },
            now: () => clock,
            ended(lost) {
              ask({ kind: 'ended', lost });
              for (const slot of lost) words.store(slot + c.dismissed, 1);
              given = lost;
            },
          });
          slots = known.filter((slot) => !given.includes(slot));
        }
        goesOn = turn++ < jobs.length;
      }
    } catch (error) {
      if (error !== suspended) throw error;
      return { ...state, pending, known, joining: joinsFrom < 0 ? null : record.slice(joinsFrom) };
    }
    const after: ThreadState = { ...state, record: [], pending: null, turn, slots, known: [], joining: null };
    return goesOn ? resume(thread, after) : after;
  }

  const fresh = (thread: number): ThreadState =>
    resume(thread, {
      record: [],
      pending: null,
      waiting: 'no',
      dead: false,
      tile: -1,
      turn: 0,
      known: [],
      joining: null,
      slots: thread === 0 ? Array.from({ length: workers + 1 }, (_, i) => slotOf(i)) : [],
    });

  let lostJobs = 0;
  const workerAt = (slot: number): number => (slot - c.slots) / c.slotSize;

  /** What may happen at a thread's next operation: each time its answer, and the state after it. */
  function* outcomes(state: State, thread: number): Generator<State> {
    const me = state.threads[thread]!;
    const { pending } = me;
    if (!pending || me.dead) return;
    const then = (answer: number, change: Partial<State> = {}, of: Partial<ThreadState> = {}): State => {
      const threads = [...(change.threads ?? state.threads)];
      const base: ThreadState = { ...me, waiting: 'no', ...of, record: [...me.record, answer] };
      threads[thread] = resume(thread, base);
      return { ...state, ...change, threads };
    };
    const wrong = (what: string): never => {
      throw new Error(`${what}: ${JSON.stringify(pending)} of thread ${thread}`);
    };
    const set = (at: number, value: number): Partial<State> => {
      const words = [...state.words];
      words[at] = value;
      return { words };
    };
    switch (pending.kind) {
      case 'load': {
        const word = state.words[pending.at]!;
        // Nobody uses more of a word without a tile than that there is none.
        const isEmpty = isIn(pending.at, c.left) && (word & (jobStep - 1)) === 0;
        return yield then(isEmpty ? 0 : word);
      }
      case 'store':
        return yield then(0, set(pending.at, pending.value));
      case 'exchange': {
        const was = state.words[pending.at]!;
        if (was === pending.expected && state.givenUp.includes(thread))
          wrong('a worker that was given up takes a tile');
        return yield then(
          was === pending.expected ? was : -1,
          was === pending.expected ? set(pending.at, pending.value) : {},
        );
      }
      case 'notify': {
        const threads = state.threads.map((other) =>
          other.waiting === 'yes' && other.pending?.kind === 'wait' && other.pending.at === pending.at
            ? { ...other, waiting: 'woken' as const }
            : other,
        );
        return yield then(0, { threads });
      }
      case 'spin':
        return yield then(Number(state.words[pending.at] !== pending.value));
      case 'wait': {
        const differs = Number(state.words[pending.at] !== pending.value);
        if (me.waiting === 'no' && !differs) {
          const threads = [...state.threads];
          threads[thread] = { ...me, waiting: 'yes' };
          return yield { ...state, threads };
        }
        if (me.waiting !== 'yes') return yield then(differs);
        // Nobody wakes it: only the caller's waits end by themselves, the last one if the worker is dead, or counts as dead.
        if (thread > 0) return;
        const worker = workerAt(pending.at - c.busy);
        if (differs || !pending.last || state.threads[worker]!.dead || slow) yield then(differs + timedOut);
        return;
      }
      case 'gone': {
        yield then(0);
        if (state.threads[workerAt(pending.slot)]!.dead) yield then(1);
        return;
      }
      case 'describe': {
        const at = state.threads.findIndex(({ tile, dead }, i) => tile >= 0 && !dead && !state.givenUp.includes(i));
        if (at >= 0) wrong(`thread ${at} is still at a tile`);
        const none = new Array<number>(pending.tile).fill(0);
        return yield then(0, { begun: none, completed: none });
      }
      case 'start': {
        if (state.givenUp.includes(thread)) return yield then(0);
        const begun = state.begun.map((n, i) => n + Number(i === pending.tile));
        if (begun[pending.tile] !== 1) wrong('a tile is computed twice, or does not exist');
        return yield then(0, { begun }, { tile: pending.tile });
      }
      case 'end': {
        const late = state.givenUp.includes(thread);
        const completed = late ? state.completed : state.completed.map((n, i) => n + Number(i === pending.tile));
        return yield then(0, { completed }, { tile: -1 });
      }
      case 'ended': {
        const lost = pending.lost.map(workerAt);
        const alive = lost.filter((i) => !state.threads[i]!.dead);
        if (alive.length > 0 && !slow) wrong('a worker is called lost that lives');
        if (lost.length === 0 && state.completed.some((n) => n !== 1)) wrong('a tile was not computed');
        const at = state.threads.findIndex(
          ({ tile, dead }, i) => tile >= 0 && !dead && !lost.includes(i) && !state.givenUp.includes(i),
        );
        if (at >= 0) wrong(`thread ${at} is still at a tile`);
        const asleep = state.threads.findIndex(
          ({ waiting, dead, pending: other }, i) =>
            i > 0 &&
            !dead &&
            !state.givenUp.includes(i) &&
            waiting === 'yes' &&
            other?.kind === 'wait' &&
            other.value !== state.words[c.job],
        );
        if (asleep >= 0) wrong(`worker ${asleep} sleeps, and nobody has woken it`);
        if (lost.length > 0) lostJobs++;
        return yield then(0, { givenUp: [...state.givenUp, ...alive] });
      }
    }
  }

  function* next(state: State): Generator<State> {
    for (let thread = 0; thread <= workers; thread++) yield* outcomes(state, thread);
    if (state.deaths === deaths) return;
    for (let thread = 1; thread <= workers; thread++) {
      const worker = state.threads[thread]!;
      if (worker.dead || !worker.pending) continue;
      const threads = [...state.threads];
      threads[thread] = { ...worker, dead: true };
      yield { ...state, threads, deaths: state.deaths + 1 };
    }
  }

  const used: number[] = [c.job, c.callerWaits];
  for (let i = 0; i <= workers; i++) for (const word of [c.left, c.first, c.busy, c.dismissed, c.asleep]) used.push(slotOf(i) + word); // prettier-ignore
  const coded = (numbers: readonly number[]): string => String.fromCharCode(...numbers.map((n) => n + 1), 0);
  const waits = ['no', 'yes', 'woken'];
  // What a dead thread remembers changes nothing any more.
  const keyOf = (t: ThreadState, thread: number): string => {
    if (t.dead) return coded([-1, t.tile]);
    const rest = coded([waits.indexOf(t.waiting), t.tile, t.turn, t.pending ? 1 : 0, ...t.slots]);
    return rest + (exact || !t.pending ? coded(t.record) : thread === 0 ? callersLocals(t) : workersLocals(t));
  };
  const text = (operation: Operation): string => JSON.stringify(operation);
  /** Where it is, and the word that it took a tile from while that matters. */
  function callersLocals({ pending, record, known, joining }: ThreadState): string {
    const word = pending!.kind === 'load' && isIn(pending!.at, c.first) ? record.slice(-2) : [];
    return text(pending!) + coded(known) + coded(word) + (joining ? coded(joining) : '');
  }
  /** Where it is; all that it has seen in this turn until it has computed a tile. */
  function workersLocals({ pending, record, tile }: ThreadState): string {
    const { kind } = pending!;
    const done =
      kind === 'start' ||
      kind === 'end' ||
      kind === 'notify' ||
      tile >= 0 ||
      (pending!.kind === 'store' && isIn(pending!.at, c.busy) && pending!.value === 0) ||
      (pending!.kind === 'load' && pending!.at === c.callerWaits);
    return text(pending!) + (done ? '' : coded(record));
  }
  const key = ({ words, threads, deaths: dead, begun, completed, givenUp }: State): string =>
    coded(used.map((at) => words[at]!)) +
    threads.map(keyOf).join('') +
    [coded([dead]), coded(begun), coded(completed), coded(givenUp)].join('');

  const start: State = {
    words: new Array<number>(slotOf(workers + 1)).fill(0),
    threads: Array.from({ length: workers + 1 }, (_, i) => fresh(i)),
    deaths: 0,
    begun: [],
    completed: [],
    givenUp: [],
  };
  const seen = new Set([key(start)]);
  const open = [start];
  for (let state = open.pop(); state; state = open.pop()) {
    let goesOn = false;
    for (const after of next(state)) {
      goesOn = true;
      const name = key(after);
      if (seen.has(name)) continue;
      seen.add(name);
      open.push(after);
    }
    // A worker that was given up may sleep: in truth it is terminated.
    if (!goesOn && state.threads.some(({ pending, dead }, i) => pending && !dead && !state.givenUp.includes(i)))
      throw new Error(`Nobody can go on: ${JSON.stringify(state.threads.map(({ pending }) => pending))}`);
  }
  return { states: seen.size, lost: lostJobs };
}
