/** What can be made, and what each is. */
export const kinds = {
  method: 'a method: it questions an oracle, and trains on every backend',
  backend: 'a backend: it answers for a function, and serves every method',
} as const;

export type Kind = keyof typeof kinds;
