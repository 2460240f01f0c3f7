import { OverparamError } from '@overparam/core';

export type OptionValue = number | boolean | string;

/** A method with options, as the command line writes it: `ponos:rho=0.25:c=0.1`. */
export interface MethodSpec {
  readonly name: string;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** @throws OverparamError `BAD_METHOD` for text that is not NAME or NAME:OPTION=VALUE:... */
export function parseMethod(text: string): MethodSpec {
  const [name, ...pairs] = text.split(':');
  if (!/^[a-z][a-z0-9-]*$/.test(name!)) throw malformed(text);
  // Not by assignment: `__proto__` would change the prototype instead of being refused as an unknown option.
  const options = new Map<string, OptionValue>();
  for (const pair of pairs) {
    const [, key, value] = /^([a-zA-Z_]\w*)=(.+)$/.exec(pair) ?? [];
    if (key === undefined || value === undefined || options.has(key)) throw malformed(text);
    options.set(key, optionValue(value));
  }
  return { name: name!, options: Object.fromEntries(options) };
}

/** The spec as text, which {@link parseMethod} reads back. */
export const formatMethod = ({ name, options }: MethodSpec): string =>
  [name, ...Object.entries(options).map(([key, value]) => `${key}=${value}`)].join(':');

function optionValue(text: string): OptionValue {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text.trim() !== '' && Number.isFinite(number) ? number : text;
}

const malformed = (text: string): Error =>
  new OverparamError(
    'BAD_METHOD',
    `${JSON.stringify(text)} is not a method: write its name, and options after colons, as in ponos:rho=0.25 or adam:lr=0.01.`,
  );
