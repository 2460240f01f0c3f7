import { badOption } from '@overparam/core';

/** The settings of a room and their bounds. */
export type Field =
  | {
      readonly kind: 'number';
      readonly label: string;
      readonly initial: number;
      readonly least: number;
      readonly most: number;
      /** Whole numbers only. */
      readonly whole?: boolean;
    }
  | {
      readonly kind: 'one';
      readonly label: string;
      readonly initial: string;
      readonly options: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'some';
      readonly label: string;
      readonly initial: readonly string[];
      readonly options: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'text';
      readonly label: string;
      readonly initial: string;
      /** Throws for a text that the room cannot parse. */
      readonly read: (text: string) => unknown;
    };

export type Fields = Readonly<Record<string, Field>>;

type Value<F extends Field> = F extends { kind: 'number' }
  ? number
  : F extends { kind: 'text' }
    ? string
    : F extends { kind: 'some'; options: infer O }
      ? readonly (keyof O & string)[]
      : F extends { options: infer O }
        ? keyof O & string
        : never;

/** The values of some fields: plain data. */
export type Settings<F extends Fields> = { readonly [K in keyof F]: Value<F[K]> };

export const initial = <F extends Fields>(fields: F): Settings<F> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.initial])) as Settings<F>;

/**
 * Parses the query of a page's address, `methods=ponos,adam&seed=1`. Fields that are left out have their defaults.
 * @throws OverparamError `BAD_OPTION`, which names the field, the value and what it takes
 */
export function fromAddress<F extends Fields>(fields: F, query: string): Settings<F> {
  const given = [...new URLSearchParams(query)].map(([name, text]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field) throw badOption('The address', name, `settings among ${Object.keys(fields).join(', ')}`);
    return [name, parsed(name, field, text)];
  });
  return { ...initial(fields), ...Object.fromEntries(given) } as Settings<F>;
}

/** The query of these settings, without those that have their defaults. */
export function toAddress<F extends Fields>(fields: F, settings: Settings<F>): string {
  const changed = Object.entries(fields).filter(([name, field]) => String(settings[name]) !== String(field.initial));
  return new URLSearchParams(changed.map(([name]) => [name, String(settings[name])])).toString();
}

/** @throws OverparamError `BAD_OPTION` */
export function parsed(name: string, field: Field, text: string): number | string | readonly string[] {
  if (field.kind === 'number') {
    const { least, most, whole = false } = field;
    const value = text.trim() === '' ? NaN : Number(text);
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
    throw badOption(name, text, `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`);
  }
  if (field.kind === 'text') {
    field.read(text);
    return text;
  }
  const known = Object.keys(field.options);
  const values = field.kind === 'one' ? [text] : text.split(',');
  const right = values.every((value) => known.includes(value)) && new Set(values).size === values.length;
  if (right) return field.kind === 'one' ? text : known.filter((value) => values.includes(value));
  throw badOption(name, text, `${field.kind === 'one' ? 'one' : 'some'} of ${known.join(', ')}`);
}
