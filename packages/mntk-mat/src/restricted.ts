import {
  type Asking,
  type Counts,
  type DisplacementOracle,
  type Inquiry,
  type JacobianOracle,
  type LinearizeRequest,
  type SizesOracle,
} from '@overparam/core';

/** Where the questions that go by modules take their request. What is asked along d, or at a trial, follows from it. */
const requestAt: Readonly<Record<string, number>> = {
  linearize: 0,
  dimensions: 0,
  kernel: 0,
  kernelProduct: 1,
  pullback: 1,
  displacementProduct: 0,
  jacobian: 0,
  direct: 1,
  largestSquaredColumn: 0,
} satisfies { [Q in keyof (DisplacementOracle & JacobianOracle & SizesOracle)]?: 0 | 1 };

/**
 * The oracle as the inner method sees it: its questions speak of these modules alone (of all when null), and are
 * counted. With `around`, gradients go around the other modules.
 * @param options.beforeMove what else is asked before the step is taken
 */
export function restricted<O extends object>(
  oracle: Asking<O>,
  questions: readonly string[],
  modules: readonly string[] | null,
  counts: Counts,
  { around = false, beforeMove }: { readonly around?: boolean; readonly beforeMove?: () => Inquiry<void> } = {},
): Asking<O> {
  const asking = oracle as Readonly<Record<string, (...args: readonly unknown[]) => Inquiry<unknown>>>;
  const narrowed = (name: string, args: readonly unknown[]): readonly unknown[] => {
    const at = requestAt[name];
    if (modules === null || at === undefined) return args;
    const request = args[at] as LinearizeRequest | undefined;
    const wanted = request?.modules?.filter((module) => modules.includes(module)) ?? modules;
    const way = around && name === 'linearize' && { around };
    return Object.assign([...args], { [at]: { ...request, modules: wanted, ...way } });
  };
  const present = questions.filter((name) => asking[name]);
  return Object.fromEntries(
    present.map((name) => [
      name,
      function* (...args: readonly unknown[]): Inquiry<unknown> {
        // A move is the last question of a step.
        if (beforeMove && name.startsWith('move')) yield* beforeMove();
        counts[name] = (counts[name] ?? 0) + 1;
        return yield* asking[name]!(...narrowed(name, args));
      },
    ]),
  ) as unknown as Asking<O>;
}
