/**
 * What the protocol of the pool does with the shared words. All of it is sequentially consistent. It is an interface so
 * that the test of the protocol can run the caller and the workers in every order.
 */
export interface Words {
  load(at: number): number;
  store(at: number, value: number): void;
  /** Stores `value` if the word is `expected`; returns what it was. */
  compareExchange(at: number, expected: number, value: number): number;
  /** Wakes all threads that wait at this word. */
  notify(at: number): void;
  /** Looks at the word again and again for a short time; returns whether it is another than `value`. */
  spinWhile(at: number, value: number): boolean;
  /** Waits for `notify`, for at most the given milliseconds; returns whether the word differs from `value`. */
  wait(at: number, value: number, milliseconds: number): boolean;
}

/** How often the calling thread looks at a word before it waits: most often a worker needs only microseconds more. */
const looks = 20_000;

/** The words of a shared array, for the calling thread. The main thread of a page must not wait: it spins instead. */
export function sharedWords(words: Int32Array<SharedArrayBuffer>): Words {
  const mayWait = canWait(words);
  const load = (at: number): number => Atomics.load(words, at);
  return {
    load,
    store: (at, value) => void Atomics.store(words, at, value),
    compareExchange: (at, expected, value) => Atomics.compareExchange(words, at, expected, value),
    notify: (at) => void Atomics.notify(words, at),
    spinWhile(at, value) {
      for (let i = 0; i < looks; i++) if (load(at) !== value) return true;
      return false;
    },
    wait(at, value, milliseconds) {
      if (mayWait) Atomics.wait(words, at, value, milliseconds);
      else for (const end = performance.now() + milliseconds; load(at) === value && performance.now() < end;);
      return load(at) !== value;
    },
  };
}

function canWait(words: Int32Array<SharedArrayBuffer>): boolean {
  try {
    Atomics.wait(words, 0, -1, 0);
    return true;
  } catch {
    return false;
  }
}
