import { OverparamError, type Method } from '@overparam/core';

// A factory takes the options of its own method, which only that package can type.
type Factory = (options: never) => Method<never, unknown, never>;

const factories = new Map<string, Factory>();

/** Makes methods known by their names, so that `tf.loadLayersModel` can bring back an optimizer that was saved with its model. */
export function remember(methods: Readonly<Record<string, Factory>>): void {
  for (const [name, factory] of Object.entries(methods)) factories.set(name, factory);
}

/** @throws OverparamError `UNKNOWN_METHOD` */
export function make(name: string, options: object | undefined): Method<unknown, unknown, object> {
  const factory = factories.get(name) as ((options: unknown) => Method<unknown, unknown, object>) | undefined;
  if (factory) return factory(options);
  throw new OverparamError(
    'UNKNOWN_METHOD',
    `The saved optimizer runs the method '${name}', which is not registered here: call registerMethods({ ${/^\w+$/.test(name) ? name : JSON.stringify(name)} }) with the function that makes it, before loading.`,
  );
}
