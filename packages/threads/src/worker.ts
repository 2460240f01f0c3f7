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
 * The script of a worker, for Node and for browsers: a text, for then there is no file that a bundler or a server could lose.
 * It says that it is ready, and then never comes back to its event loop until it is dismissed.
 */
export const workerScript: string = `
'use strict';
function serve({ module, memory, words, table, thread }) {
  const kernels = Object.values(new WebAssembly.Instance(module, { env: { memory } }).exports);
  const slot = ${c.slots} + ${c.slotSize} * thread;
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
  function idle(job) {
    const end = performance.now() + words[${c.spin}] / 1000;
    do {
      for (let i = 0; i < 100; i++) if (Atomics.load(words, ${c.job}) !== job) return;
    } while (performance.now() < end);
    Atomics.add(words, ${c.sleepers}, 1);
    Atomics.wait(words, ${c.job}, job);
    Atomics.sub(words, ${c.sleepers}, 1);
  }
  /** Takes and computes a tile of its own, else one of another thread's; whether there was one to take. */
  function work() {
    for (let i = 0; i < words[${c.threads}]; i++) {
      const owner = ${c.slots} + ${c.slotSize} * ((thread + i) % words[${c.threads}]);
      const word = Atomics.load(words, owner + ${c.left});
      const left = word & ${2 * maxTiles - 1};
      if (left === 0) continue;
      // Busy first: when the caller sees that nothing is left, it sees as well who is still at it.
      Atomics.store(words, slot + ${c.busy}, 1);
      if (Atomics.compareExchange(words, owner + ${c.left}, word, word - 1) === word) compute(words[owner + ${c.first}] + left - 1);
      Atomics.store(words, slot + ${c.busy}, 0);
      if (Atomics.load(words, ${c.callerWaits}) !== 0) Atomics.notify(words, slot + ${c.busy});
      return true;
    }
    return false;
  }
  while (Atomics.load(words, slot + ${c.dismissed}) === 0) {
    const job = Atomics.load(words, ${c.job});
    if (!work()) idle(job);
  }
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
