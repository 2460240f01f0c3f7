import { engine, type Engine } from './engine.ts';

/**
 * Everything that this package intercepts in tfjs's engine, by whom, and for what. Where two of them share a member, the one
 * that is listed first sees the call first.
 *
 * `Math.random` is the only other thing that is replaced, by `onDraws`, while a function of the user's runs.
 */
interface Taps {
  /** A question notes what it keeps, so that nothing stays when it fails. */
  question: 'keep';
  /** A loss that is called again keeps tensors of its own (metrics), which are freed later. */
  metrics: 'keep';
  /** The meter counts the operations of kernels. */
  work: 'runKernel';
  /** A tape's copies are noted: tfjs frees them only after a backward pass that succeeded. */
  tape: 'clone';
  /** What a variable held is noted before something else is assigned to it. */
  writes: 'disposeTensor';
  /** Watching a loss: which kernels take parameters, and whether it takes gradients itself. */
  watching: 'runKernel' | 'clone';
  /** Recording a loss: every kernel, custom gradient, read and copy. */
  recording: 'runKernel' | 'runKernelFunc' | 'readSync' | 'clone';
}

const members: { readonly [By in keyof Taps]: readonly Taps[By][] } = {
  question: ['keep'],
  metrics: ['keep'],
  work: ['runKernel'],
  tape: ['clone'],
  writes: ['disposeTensor'],
  watching: ['runKernel', 'clone'],
  recording: ['runKernel', 'runKernelFunc', 'readSync', 'clone'],
};

type Members<By extends keyof Taps> = Pick<Engine, Taps[By]>;

/**
 * Runs `body` with members of the engine replaced.
 * @param replace makes the replacements of the members as they were, bound to the engine
 */
export function tap<By extends keyof Taps, R>(
  by: By,
  replace: (original: Members<By>) => Members<By>,
  body: () => R,
): R {
  const current = engine();
  const original = Object.fromEntries(
    members[by].map((name) => [name, (current[name] as (...args: unknown[]) => unknown).bind(current)]),
  ) as unknown as Members<By>;
  return intercept(current, replace(original) as Partial<Engine>, body);
}

/** Runs `body` with members of `target` replaced, and puts them back. */
export function intercept<T extends object, R>(target: T, members: Partial<T>, body: () => R): R {
  const before = Object.keys(members).map((key) => [key, Object.getOwnPropertyDescriptor(target, key)] as const);
  Object.assign(target, members);
  try {
    return body();
  } finally {
    for (const [key, own] of before)
      if (own) Object.defineProperty(target, key, own);
      else delete target[key as keyof T];
  }
}
