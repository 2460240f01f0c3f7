import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { compare } from './compare.js';
import { parseRecord, recordText } from './record.js';
import { apiOf } from './report.js';
import { verdict } from './verdict.js';

const names = (before: string, after: string): string[] =>
  compare(before, after).map(({ kind, name }) => `${kind} ${name}`);

describe('what differs between two APIs', () => {
  it.each([
    ['the same', 'export function f(x: number): void;', 'export function f(\n  x: number\n): void;', []],
    ['a function that is gone', 'export function f(): void;', '', ['removed f']],
    ['a function that is no longer exported', 'export const f: 1;', 'const f: 1;', ['removed f']],
    ['a new function', '', 'export function f(): void;', ['added f']],
    ['another parameter', 'export function f(): void;', 'export function f(x: number): void;', ['changed f']],
    ['another type', 'export type T = 1 | 2;', 'export type T = 1;', ['changed T']],
    [
      'one overload less',
      'export function f(): 1; export function f(x: 1): 2;',
      'export function f(): 1;',
      ['changed f'],
    ],
    ['a member that is gone', 'export interface I { a: 1; b: 2 }', 'export interface I { a: 1; }', ['removed I.b']],
    ['another member', 'export interface I { a?: 1; }', 'export interface I { a: 1; }', ['changed I.a']],
    ['an optional member more', 'export interface I { a: 1; }', 'export interface I { a: 1; b?: 2; }', ['added I.b']],
    [
      'a member that all must have',
      'export interface I { a: 1; }',
      'export interface I { a: 1; b: 2; }',
      ['demanded I.b'],
    ],
    ['a method more in a class', 'export class C { a(): 1; }', 'export class C { a(): 1; b(): 2; }', ['added C.b']],
    ['another base', 'export interface I extends A { a: 1; }', 'export interface I { a: 1; }', ['changed I']],
    ['an interface that is gone, once', 'export interface I { a: 1; b: 2; }', '', ['removed I']],
    ['a new interface, once', '', 'export interface I { a: 1; b: 2; }', ['added I']],
    ['a type that exports lead to', 'interface L { a: 1; }', 'interface L { a: 2; }', ['changed L.a']],
    ['a type that nothing leads to any more', 'interface L { a: 1; }', '', []],
    ['a type from elsewhere', "import { A } from 'a';", "import { A } from 'b';", ['changed import A']],
    ['a name passed on', "import { A } from 'a'; export { A }", "import { A } from 'a';", ['removed export A']],
    ['the name of a parameter', 'export function f(x: 1): 2;', 'export function f(y: 1): 2;', []],
    ['a function as a constant', 'export const f: (x: 1) => 2;', 'export function f(y: 1): 2;', []],
    [
      'a constant that is another function',
      'export const f: (x: 1) => 2;',
      'export const f: (x: 1) => 3;',
      ['changed f'],
    ],
    ['the name of a type parameter', 'export type T<A> = A;', 'export type T<B> = B;', ['changed T']],
    ['the order', 'export const a: 1; export const b: 2;', 'export const b: 2; export const a: 1;', []],
  ])('%s', (_, before, after, expected) => expect(names(before, after)).toEqual(expected));
});

describe('the verdict', () => {
  const about = (version: string, bump: string, before: string, after: string): string | undefined =>
    verdict({ name: 'p', released: { version, api: { '.': before } }, present: { '.': after }, bump });
  const [gone, more] = [
    ['export const a: 1;\nexport const b: 2;', 'export const a: 1;'],
    ['export const a: 1;', 'export const a: 1;\nexport const b: 2;'],
  ] as const;

  it('says what broke and what to do', () => {
    expect(about('0.3.1', 'none', ...gone)).toBe(
      [
        'p would break its users since 0.3.1:',
        '  removed  b',
        '    was  export const b: 2',
        'This takes a minor changeset, and the pending changesets make it none.',
        "Where it is meant, run 'npx changeset', choose p and minor, and write what its users do instead. Where not, bring it back.",
      ].join('\n'),
    );
  });

  it.each([
    ['0.3.1', gone, ['minor', 'major']],
    ['1.0.0', gone, ['major']],
    ['0.3.1', more, ['patch', 'minor', 'major']],
    ['1.0.0', more, ['minor', 'major']],
    ['1.0.0', [gone[0], gone[0]] as const, ['none', 'patch', 'minor', 'major']],
  ])('at %s, of %j: %j will do', (version, api, enough) => {
    const accepted = ['none', 'patch', 'minor', 'major'].filter((bump) => about(version, bump, ...api) === undefined);
    expect(accepted).toEqual(enough);
  });

  it('sees an entry that is gone', () => {
    const released = { version: '1.0.0', api: { '.': '', './figures': 'export const a: 1;' } };
    expect(verdict({ name: 'p', released, present: { '.': '' }, bump: 'minor' })).toContain('removed  ./figures a');
  });
});

describe('a report', () => {
  let folder: string;
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('of a built package, recorded and read again, is equal until something changes', () => {
    folder = mkdtempSync(join(tmpdir(), 'api-test-'));
    mkdirSync(join(folder, 'dist'));
    const manifest = { name: 'p', version: '0.1.0', exports: { '.': { types: './dist/index.d.ts' }, './package.json': './package.json' } }; // prettier-ignore
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'dist/index.d.ts'), "export { scale, type Options } from './scale.ts';\n");
    const build = (factor: string): void =>
      writeFileSync(
        join(folder, 'dist/scale.d.ts'),
        `interface Hidden { readonly factor: ${factor} }\n/** Options. */\nexport interface Options { readonly more?: Hidden }\nexport declare function scale(x: number, options?: Options): number;\n`,
      );

    build('number');
    const released = parseRecord(recordText('p', '0.1.0', apiOf(folder, manifest)));
    expect(released.version).toBe('0.1.0');
    expect(released.api['.']).toContain('export function scale(x: number, options?: Options): number;');
    expect(verdict({ name: 'p', released, present: apiOf(folder, manifest), bump: 'none' })).toBeUndefined();

    build('string');
    expect(verdict({ name: 'p', released, present: apiOf(folder, manifest), bump: 'patch' })).toContain(
      '  changed  Hidden.factor\n    was  readonly factor: number\n    now  readonly factor: string',
    );
  });
});
