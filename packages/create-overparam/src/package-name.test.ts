import { describe, expect, it } from 'vitest';
import { checkName, identifierOf, nameProblem } from './package-name.ts';

describe('the name of a package', () => {
  it.each(['my-method', '@me/my-method', 'momo', 'sgd2', 'a.b_c'])('%s will do', (name) =>
    expect(nameProblem(name)).toBeUndefined(),
  );

  it.each([
    ['', 'name length must be greater than zero'],
    ['My-Method', 'capital letters'],
    ['a b', 'URL-friendly'],
    ['../up', 'cannot start with a period'],
    ['node_modules', 'not a valid package name'],
    ['fs', 'core module name'],
    ['2nd-order', 'begin with a letter'],
    ['@me/delete', 'delete makes none'],
    ['await', 'await makes none'],
    ['a~b', '~'],
  ])('%j will not: %s', (name, why) => expect(nameProblem(name)).toContain(why));

  it('is refused with the remedy', () =>
    expect(() => checkName('A')).toThrow(
      expect.objectContaining({ code: 'BAD_NAME', message: expect.stringContaining('take one like my-method') }),
    ));

  it.each([
    ['my-method', 'myMethod'],
    ['@me/barzilai-borwein', 'barzilaiBorwein'],
    ['a.b_c', 'aBC'],
  ])('%s is %s in TypeScript', (name, identifier) => expect(identifierOf(name)).toBe(identifier));
});
