import { control as c, maxArguments, maxTiles } from './control.ts';

/** What a worker needs to start. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array;
  readonly table: Float64Array;
  /** 1, 2, ...; the calling thread is 0. */
  readonly thread: number;
}

/**
 * The worker's side of the protocol of protocol.ts: `workerTurn(words, thread, threads, compute)` returns a function that
 * looks for a tile once, computes it or sleeps, and returns whether the worker continues.
 *
 * It is a text, like the script that contains it, so that there is no file that a bundler or a server could lose.
 */
export const workerTurn: string = `
function workerTurn(words, thread, threads, compute) {
  const slot = ${c.slots} + ${c.slotSize} * thread;
  /** Takes and computes a tile of its own or of another thread; returns whether there was one to take. */
  function work() {
    for (let i = 0; i < threads; i++) {
      const owner = ${c.slots} + ${c.slotSize} * ((thread + i) % threads);
      const word = words.load(owner + ${c.left});
      const left = word & ${2 * maxTiles - 1};
      if (left === 0) continue;
      // Busy first: a caller that sees that no tile is left then also sees who is at one.
      words.store(slot + ${c.busy}, 1);
      // Dismissed after the word was read: a worker that was given up can't take a tile of a job that came later.
      const may = words.load(slot + ${c.dismissed}) === 0;
      if (may && words.compareExchange(owner + ${c.left}, word, word - 1) === word)
        compute(words.load(owner + ${c.first}) + left - 1);
      words.store(slot + ${c.busy}, 0);
      if (words.load(${c.callerWaits}) !== 0) words.notify(slot + ${c.busy});
      return true;
    }
    return false;
  }
  return () => {
    // The job before all else: a job or a dismissal that comes later changes it, and then the worker does not fall asleep.
    const job = words.load(${c.job});
    if (words.load(slot + ${c.dismissed}) !== 0) return false;
    if (work() || words.spinWhile(${c.job}, job)) return true;
    words.store(slot + ${c.asleep}, 1);
    words.wait(${c.job}, job, Infinity);
    words.store(slot + ${c.asleep}, 0);
    return true;
  };
}
`;

/**
 * The script of a worker, for Node and for browsers. It says that it is ready, and then returns to its event loop only
 * when it is dismissed.
 */
export const workerScript: string = `
'use strict';
${workerTurn}
function serve({ module, memory, words, table, thread }) {
  const kernels = Object.values(new WebAssembly.Instance(module, { env: { memory } }).exports);
  let pages = 0;
  function compute(tile) {
    // Some instructions compare with a size of the memory that an instance learns late when another thread lets it grow.
    if (pages !== words[${c.pages}]) {
      memory.grow(0);
      pages = words[${c.pages}];
    }
    const from = tile * ${maxArguments};
    const values = Array.from(table.subarray(from, from + words[${c.argumentCount}]));
    const own = words[${c.scratchArgument}];
    if (own >= 0) values[own] = (words[${c.scratchAt}] >>> 0) + thread * words[${c.scratchSize}];
    try {
      kernels[words[${c.kernel}]](...values);
    } catch {
      Atomics.store(words, ${c.failed}, 1);
    }
  }
  const spin = words[${c.spin}] / 1000;
  const load = (at) => Atomics.load(words, at);
  const shared = {
    load,
    store: (at, value) => void Atomics.store(words, at, value),
    compareExchange: (at, expected, value) => Atomics.compareExchange(words, at, expected, value),
    notify: (at) => void Atomics.notify(words, at),
    spinWhile(at, value) {
      const end = performance.now() + spin;
      do {
        for (let i = 0; i < 100; i++) if (load(at) !== value) return true;
      } while (performance.now() < end);
      return false;
    },
    wait(at, value, milliseconds) {
      Atomics.wait(words, at, value, milliseconds);
      return load(at) !== value;
    },
  };
  const turn = workerTurn(shared, thread, words[${c.threads}], compute);
  while (turn());
}
if (typeof require === 'function') {
  const { parentPort, workerData } = require('node:worker_threads');
  parentPort.postMessage('ready');
  serve(workerData);
} else {
  self.onmessage = ({ data }) => {
    self.postMessage('ready');
    serve(data);
    self.close();
  };
}
`;
