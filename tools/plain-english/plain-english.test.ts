import markdown from '@eslint/markdown';
import { Linter } from 'eslint';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { replacements } from './replacements.js';
import { plainEnglish } from './rule.js';

const plugins = { markdown, ours: { rules: { plain: plainEnglish } } };
const rules = { 'ours/plain': 'error' } as const;
const linter = new Linter();
const found = (text: string, filename: string): string[] =>
  linter
    .verify(
      text,
      [
        { files: ['**/*.js'], plugins, rules },
        { files: ['**/*.md'], plugins, language: 'markdown/gfm', rules },
      ] as never,
      filename,
    )
    .map(({ message }) => message);

describe('the lint of flagged words', () => {
  it.each([
    ['What it is told.', 'told'],
    ['It foretold less.', 'foretold'],
    ['It goes on.', 'goes on'],
    ['It takes so many steps.', 'so many'],
    ['In the place of a batch.', 'in the place of'],
    ['The data come along.', 'come along'],
    ['They lie apart.', 'apart'],
    ['All of it, apart from times.', 'apart from'],
    ['One a sample.', 'one a sample'],
    ['It is no network.', 'is no network'],
    ['Drawn anew.', 'anew'],
  ])('finds %s', (sentence, words) => {
    for (const [text, file] of [
      [`// ${sentence}\n`, 'a.js'],
      [`/** ${sentence.replace(' ', '\n * ')} */\n`, 'a.js'],
      [`throw new Error('${sentence}');\n`, 'a.js'],
      [`throw new Error(\`\${1} ${sentence}\`);\n`, 'a.js'],
      [`# Title\n\n- ${sentence}\n`, 'a.md'],
    ] as const)
      expect(found(text, file), text).toEqual([expect.stringContaining(`'${words}'`)]);
  });

  it.each([
    'It is no longer used.',
    'There is no file.',
    'It is so much that it overflows.',
    'It returns one per sample.',
    'An apartment, a party.',
  ])('leaves %s', (sentence) => expect(found(`// ${sentence}\n`, 'a.js')).toEqual([]));

  it('leaves names and code', () => {
    expect(found("const told = ['told', `apart`];\n", 'a.js')).toEqual([]);
    expect(found('`told`\n\n```\ntold apart\n```\n', 'a.md')).toEqual([]);
  });
});

it('docs/style.md has a row for each', () => {
  const page = readFileSync(new URL('../../docs/style.md', import.meta.url), 'utf8');
  for (const [name, , instead] of replacements) expect(page).toContain(`| ${name} | ${instead} |`);
});
