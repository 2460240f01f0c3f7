/** A question as a generator yields it: plain data. */
export interface Question {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** A computation that puts questions to an oracle: `yield*` it, and be handed its result. */
export type Inquiry<T> = Generator<Question, T, unknown>;

/** The oracle as a method sees it: the same questions, each answered through `yield*`; an optional one may be absent. */
export type Asking<O> = {
  readonly [Q in keyof O as NonNullable<O[Q]> extends (...about: never[]) => unknown ? Q : never]: NonNullable<
    O[Q]
  > extends (...about: infer About) => infer A
    ? (...about: About) => Inquiry<Awaited<A>>
    : never;
};

/** The asking side of an oracle: each question yields itself and returns what it is sent. */
export function asking<O extends object>(questions: readonly (keyof O & string)[]): Asking<O> {
  const question = (name: string) =>
    function* (...args: unknown[]): Inquiry<unknown> {
      return yield { name, args };
    };
  return Object.fromEntries(questions.map((name) => [name, question(name)])) as unknown as Asking<O>;
}
