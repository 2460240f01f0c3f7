import { badOption, withDefaults } from '@overparam/core';

/** A rule, and the defaults of its numbers. */
export interface Rule<Options extends object, Made> {
  readonly defaults: Required<Options>;
  readonly make: (options: Required<Options>) => Made;
}

/** One of several rules by its name alone, or by its name and its options. */
export type RuleOption<Rules extends { readonly [Name in keyof Rules]: object }> = {
  [Name in keyof Rules]: Name | ({ readonly rule: Name } & Rules[Name]);
}[keyof Rules];

/** A rule for every name. */
export type RuleTable<Rules extends { readonly [Name in keyof Rules]: object }, Made> = {
  readonly [Name in keyof Rules]: Rule<Rules[Name], Made>;
};

/**
 * Makes the rule that an option asks for.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function makeRule<Rules extends { readonly [Name in keyof Rules]: object }, Made>(
  option: string,
  table: RuleTable<Rules, Made>,
  given: RuleOption<Rules>,
): Made {
  const detailed = typeof given === 'object' && given !== null;
  const { rule, ...options } = (detailed ? given : { rule: given }) as {
    readonly rule: keyof Rules & string;
  };
  if (typeof rule !== 'string' || !Object.hasOwn(table, rule))
    throw badOption(detailed ? `${option}.rule` : option, rule, oneOf(Object.keys(table)));
  const { defaults, make } = table[rule];
  return make(
    withDefaults<Rules[keyof Rules & string]>(`${option} '${rule}'`, defaults, options as Rules[keyof Rules & string]),
  );
}

const oneOf = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ').replace(/, ([^,]*)$/, ' or $1'); // prettier-ignore
