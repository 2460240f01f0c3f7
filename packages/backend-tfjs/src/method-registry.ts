import { OverparamError, type Method } from '@overparam/core';

/** Makes a method of its options, which only its own package can type. */
export type MethodFactory = (options: never) => { readonly name: string };

const factories = new Map<string, MethodFactory>();

export function remember(methods: Readonly<Record<string, MethodFactory>>): void {
  for (const [name, factory] of Object.entries(methods)) factories.set(name, factory);
}

/** @throws OverparamError `UNKNOWN_METHOD` */
export function make<Needs extends object>(name: string, options: object | undefined): Method<unknown, unknown, Needs> {
  const factory = factories.get(name) as ((options: unknown) => Method<unknown, unknown, Needs>) | undefined;
  if (factory) return factory(options);
  throw new OverparamError(
    'UNKNOWN_METHOD',
    `The saved optimizer runs the method '${name}', which is not registered: call registerMethods({ '${name}': ... }) with the function that makes it before loading.`,
  );
}
