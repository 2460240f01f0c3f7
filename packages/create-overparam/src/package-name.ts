import { OverparamError } from '@overparam/core';
import validate from 'validate-npm-package-name';

/** What is wrong with a name for a new package; undefined when nothing is. */
export function nameProblem(name: string): string | undefined {
  const { validForNewPackages, errors = [], warnings = [] } = validate(name);
  if (!validForNewPackages) return [...errors, ...warnings].join(', ');
  const identifier = identifierOf(name);
  if (!/^[a-z]/i.test(identifier)) return 'name must begin with a letter, to be a name in TypeScript too';
  try {
    // The engine knows best which words it reserves.
    new Function(`'use strict'; async () => { const ${identifier} = 0; }`);
  } catch {
    return `name must make a name in TypeScript, and ${identifier} makes none`;
  }
  return undefined;
}

/** @throws OverparamError `BAD_NAME` */
export function checkName(name: string): void {
  const problem = nameProblem(name);
  if (problem)
    throw new OverparamError(
      'BAD_NAME',
      `${JSON.stringify(name)} cannot be the name of a package (${problem}): take one like my-method or @me/my-method.`,
    );
}

/** The name without its scope. */
export const baseOf = (name: string): string => name.replace(/^@[^/]*\//, '');

/** my-method, and @me/my-method: myMethod */
export const identifierOf = (name: string): string =>
  baseOf(name).replaceAll(/[-._~]+(.?)/g, (_, letter: string) => letter.toUpperCase());
