import { OverparamError } from './error.ts';
import { nearestName } from './nearest-name.ts';

const nestedMark: unique symbol = Symbol.for('overparam.nested-options') as never;

/** Defaults of an option that is itself an object of options; made by {@link nested}. */
export type NestedDefaults<Options extends object> = Required<Options> & { readonly [nestedMark]: true };

/** All options, filled in; those of `Nested` are objects of options, filled in too. */
export type AllOptions<Options extends object, Nested extends keyof Options> = Required<Options> & {
  readonly [Name in Nested]-?: Required<NonNullable<Options[Name]>>;
};

/** A default for every option. */
export type Defaults<Options extends object, Nested extends keyof Options> = Required<Options> & {
  readonly [Name in Nested]-?: NestedDefaults<NonNullable<Options[Name]> & object>;
};

/** The default of an option that has to be given. */
export const required: never = Symbol.for('overparam.required-option') as never;

/** Defaults of an option that is itself an object of options: `{ damping: 1, cg: nested({ tolerance: 1e-8 }) }`. */
export function nested<Options extends object>(defaults: Required<Options>): NestedDefaults<Options> {
  return Object.defineProperty({ ...defaults }, nestedMark, { value: true }) as NestedDefaults<Options>;
}

/**
 * The options with the defaults filled in, those of nested options too. An option that is `undefined` counts as absent.
 *
 * ```ts
 * const { domain, cg } = withDefaults<Options, 'cg'>('solve', { domain: required, cg: nested({ tolerance: 1e-8 }) }, options);
 * ```
 *
 * @param owner whose options they are, as messages name it
 * @param defaults a value for every option: `undefined` if it has no default, {@link required} if it has to be given
 * @throws OverparamError `UNKNOWN_OPTION`, which names the unknown option, and a known one if its name is near;
 *   `BAD_OPTION` if `given` is not a plain object, or a required option is absent
 */
export function withDefaults<Options extends object>(
  owner: string,
  defaults: Required<Options>,
  given: Options,
): Required<Options>;
export function withDefaults<Options extends object, Nested extends keyof Options>(
  owner: string,
  defaults: Defaults<Options, Nested>,
  given: Options,
): AllOptions<Options, Nested>;
export function withDefaults(owner: string, defaults: object, given: object): object {
  return filled(owner, '', defaults as Values, given);
}

const within = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

type Values = Readonly<Record<string, unknown>>;

function filled(owner: string, path: string, defaults: Values, given: unknown): Values {
  if (!isPlain(given))
    throw new OverparamError(
      'BAD_OPTION',
      path === ''
        ? `${owner} takes an object of options, not ${described(given)}.`
        : `The option '${path}' of ${owner} takes an object of options, not ${described(given)}.`,
    );
  const names = Object.keys(defaults);
  const present = new Map<string, unknown>();
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name)) throw unknownOption(owner, path, name, names);
    if (value !== undefined) present.set(name, value);
  }
  const all = names.map((name): [string, unknown] => {
    const otherwise = defaults[name];
    if (isNested(otherwise))
      return [name, filled(owner, within(path, name), otherwise, present.get(name) ?? missing(present, name))];
    if (present.has(name)) return [name, present.get(name)];
    if (otherwise === required)
      throw new OverparamError('BAD_OPTION', `${owner} needs the option '${within(path, name)}'.`);
    return [name, otherwise];
  });
  return Object.fromEntries(all);
}

/** No options at all, unless `null` was given, which is an error. */
const missing = (present: ReadonlyMap<string, unknown>, name: string): unknown => (present.has(name) ? null : {});

const isNested = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && nestedMark in value;

function unknownOption(owner: string, path: string, name: string, names: readonly string[]): Error {
  const near = nearestName(name, names);
  const suggestion = near === undefined ? '' : ` Did you mean '${within(path, near)}'?`;
  const takes = names.length === 0 ? 'no options' : names.map((other) => within(path, other)).join(', ');
  return new OverparamError(
    'UNKNOWN_OPTION',
    `${owner} has no option '${within(path, short(name))}'.${suggestion} It takes ${takes}.`,
  );
}

/** An object literal, of this realm or of another, or an object without a prototype. */
function isPlain(value: unknown): value is Values {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function described(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return `the function ${value.name || 'without a name'}`;
  if (typeof value === 'object' && value !== null) {
    const { constructor } = value as { readonly constructor?: { readonly name?: unknown } };
    const name = typeof constructor === 'function' ? constructor.name : undefined;
    return typeof name === 'string' && name !== 'Object' ? `an instance of ${name}` : 'an object with a prototype';
  }
  return typeof value === 'string' ? short(JSON.stringify(value)) : String(value);
}

const short = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text);
