/** The same questions, each answered at once. */
export type Synchronous<O> = {
  [Q in keyof O]: O[Q] extends (...about: infer About) => infer A ? (...about: About) => Awaited<A> : O[Q];
};
