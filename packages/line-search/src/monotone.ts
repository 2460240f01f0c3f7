import { type Reference } from './reference.ts';

/** R = f(w): every accepted step decreases the loss of its own batch. */
export const monotone: Reference<object> = {
  init: () => ({}),
  next: (_, { value }) => [value, {}],
};
