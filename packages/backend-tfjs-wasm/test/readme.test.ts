import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { uniform } from './backends.ts';
import { layers } from './layers.ts';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const readme = read('../README.md');

it('the README shows the example that runs here, and it learns', async () => {
  expect(readme.split('```ts\n')[1]?.split('```')[0]).toBe(
    read('./readme-example.ts').replaceAll('export const', 'const'),
  );
  vi.spyOn(Math, 'random').mockImplementation(
    (
      (next) => () =>
        (next() + 1) / 2
    )(uniform(1)),
  );
  const { choice, history } = await import('./readme-example.ts');
  expect(choice.simd).toBe(true);
  const losses = history['loss'] as number[];
  expect(losses.at(-1)).toBeLessThan(0.75 * losses[0]!);
});

it('the README lists the layers that the tests train', () => {
  const listed = readme.split('<!-- layers -->')[1] ?? '';
  expect(listed.replaceAll(/\s+/g, ' ').trim()).toBe(`${layers.map(({ name }) => `\`${name}\``).join(', ')}.`);
});
