import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { publicPackages } from '../packages.js';

/**
 * Every block of a page that is fenced as `ts`; one as `ts [src/name.ts]` is a file of that name.
 * @param {string} text of the page
 * @returns {{ code: string, file: string | undefined }[]}
 */
export const codeBlocks = (text) =>
  [...text.matchAll(/^```ts(?: \[(.*)\])?\n([\s\S]*?)^```/gm)].map(([, file, code]) => ({ code, file }));

/**
 * The examples in the READMEs of a checkout: the root's, and those of the published packages.
 * @param {string} checkout
 * @returns {{ name: string, code: string }[]} named after their page
 */
export function readmeExamples(checkout) {
  const pages = [checkout, ...publicPackages(checkout).map(({ folder }) => folder)];
  return pages.flatMap((folder) =>
    codeBlocks(readFileSync(join(folder, 'README.md'), 'utf8')).map(({ code }, i) => ({
      name: `${relative(checkout, folder).replaceAll('/', '-') || 'README'}-${i}`,
      code,
    })),
  );
}

/**
 * What an example prints, by its own words: `console.log(...); // this line`.
 * @param {string} code
 * @returns {string[]}
 */
export const saidLines = (code) => [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => line);

/**
 * Throws unless an example printed what it says.
 * @param {{ name: string, code: string }} example
 * @param {string} printed
 */
export function checkSaid({ name, code }, printed) {
  const lines = printed.split('\n').map((line) => line.trim());
  for (const said of saidLines(code))
    if (!lines.includes(said)) throw new Error(`${name} says that it prints '${said}', and printed:\n${printed}`);
}
