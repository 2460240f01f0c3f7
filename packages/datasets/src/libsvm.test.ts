import { createReadStream, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dense, readLibsvm } from './index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

// JavaScript spells -0 as '0'.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
const rows = fc.array(
  fc.record({
    label: number,
    entries: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 300 }), number), {
      selector: ([index]) => index,
      maxLength: 8,
    }),
  }),
  { minLength: 1, maxLength: 12 },
);

describe('readLibsvm', () => {
  it('reads back what was written', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.boolean(), fc.constantFrom('\n', '\r\n', ' \n'), async (list, gzip, end) => {
        const sorted = list.map(({ label, entries }) => ({ label, entries: entries.sort(([a], [b]) => a - b) }));
        const text = sorted
          .map(({ label, entries }) => [label, ...entries.map(([i, x]) => `${i}:${x}`)].join(' ') + end)
          .join('');
        const data = await readLibsvm(gzip ? gzipSync(text) : bytes(text), { features: 300 });
        expect(data.shape).toEqual([list.length, 300]);
        sorted.forEach(({ label, entries }, row) => {
          expect(data.labels[row]).toBe(label);
          const [from, to] = [data.starts[row]!, data.starts[row + 1]!];
          expect([...data.columns.subarray(from, to)]).toEqual(entries.map(([i]) => i - 1));
          expect([...data.values.subarray(from, to)]).toEqual(entries.map(([, x]) => x));
        });
        const full = dense(data);
        expect(full.data.length).toBe(300 * list.length);
        sorted.forEach(({ entries }, row) => entries.forEach(([i, x]) => expect(full.data[row * 300 + i - 1]).toBe(x)));
      }),
      { seed: 3, numRuns: 80 },
    );
  });

  it('skips comments and blank lines, and takes the largest index for the width', async () => {
    const data = await readLibsvm(bytes('# a comment\n+1 2:0.5 # and another\n\n-1 7:1e-3\n'));
    expect(data.shape).toEqual([2, 7]);
    expect([...data.labels]).toEqual([1, -1]);
  });

  it('refuses a file cut off at any byte, when it is told how many rows there are', async () => {
    const text = '1 3:1 10:25.5\n2 1:-0.125 4:12\n1 2:3\n';
    for (let length = 0; length < text.length; length++)
      await expect(readLibsvm(bytes(text.slice(0, length)), { rows: 3 }), `${length} bytes`).rejects.toMatchObject({
        code: expect.stringMatching(/^DATA_(TRUNCATED|MALFORMED)$/),
        message: expect.stringMatching(/line \d+/),
      });
    await expect(readLibsvm(bytes(text), { rows: 2 })).rejects.toMatchObject({ code: 'DATA_OVERSIZED' });
    expect((await readLibsvm(bytes(text.trimEnd()), { unterminated: true })).shape).toEqual([3, 10]);
  });

  it.each([
    ['x 1:1', 'DATA_MALFORMED', 'label'],
    ['1 0:1', 'DATA_MALFORMED', 'counts from 1'],
    ['1 2:1 2:1', 'DATA_MALFORMED', 'comes after'],
    ['1 3:1 2:1', 'DATA_MALFORMED', 'comes after'],
    ['1 2', 'DATA_MALFORMED', 'index:value'],
    ['1 2:', 'DATA_MALFORMED', 'index:value'],
    ['1 2:nan', 'DATA_MALFORMED', 'index:value'],
    ['1 2:1e999', 'DATA_MALFORMED', 'index:value'],
    ['1 -2:1', 'DATA_MALFORMED', 'index:value'],
    ['1 qid:3 2:1', 'DATA_MALFORMED', 'index:value'],
    ['1 99999999999:1', 'DATA_MALFORMED', 'index:value'],
    ['1 6:1', 'DATA_MALFORMED', 'there are 5 features'],
    ['3 1:1', 'DATA_WRONG_LABEL', 'the classes are 1, 2'],
  ])('refuses %j with the line number', async (line, code, says) => {
    const outcome = readLibsvm(bytes(`1 1:1\n${line}\n`), { features: 5, classes: [1, 2] });
    await expect(outcome).rejects.toMatchObject({ code, message: expect.stringContaining('line 2:') });
    await expect(outcome).rejects.toThrow(says);
  });

  it('refuses bytes that are no text', async () => {
    const outcome = readLibsvm(Uint8Array.from([...bytes('1 1:1\n'), 0x31, 0xff, 0x0a]));
    await expect(outcome).rejects.toMatchObject({
      code: 'DATA_WRONG_FORMAT',
      message: expect.stringContaining('line 2'),
    });
  });
});

const libsvm = fileURLToPath(new URL('../../../../shared/data/libsvm/', import.meta.url));

describe.skipIf(!existsSync(libsvm))('LIBSVM files (when they are there)', () => {
  it.each([
    ['mushrooms', [8124, 112], [1, 2]],
    ['w8a', [49749, 300], [1, -1]],
    ['a9a', [32561, 123], [1, -1]],
  ])('%s', async (name, shape, classes) => {
    expect((await readLibsvm(createReadStream(`${libsvm}${name}.gz`), { classes, unterminated: true })).shape).toEqual(
      shape,
    );
  });
});
