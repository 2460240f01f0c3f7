import { createReadStream, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from './index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
// JavaScript spells -0 as '0'.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

describe('readCsv', () => {
  it('reads back numbers and texts, with quotes, separators and line breaks in them', async () => {
    const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
      fc.record({
        names: fc.uniqueArray(fc.string({ maxLength: 6 }), { minLength: width + 1, maxLength: width + 1 }),
        rows: fc.array(
          fc.tuple(
            fc.array(number, { minLength: width, maxLength: width }),
            fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', 'é', ' '), maxLength: 5 }),
          ),
          { minLength: 1, maxLength: 6 },
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(table, fc.boolean(), async ({ names, rows }, gzip) => {
        const lines = [names.map(quoted).join(','), ...rows.map(([xs, text]) => [...xs, quoted(text)].join(','))];
        const text = lines.join('\n') + '\n';
        const kinds = names.at(-1)!;
        const read = await readCsv(gzip ? gzipSync(text) : bytes(text), { categorical: [kinds] });
        expect(read.columns).toEqual(names);
        expect(read.shape).toEqual([rows.length, names.length]);
        rows.forEach(([xs, kind], i) => {
          const row = [...read.data.subarray(i * names.length, (i + 1) * names.length)];
          expect(row.slice(0, -1)).toEqual(xs);
          expect(read.categories[kinds]![row.at(-1)!]).toBe(kind);
        });
      }),
      { seed: 4, numRuns: 120 },
    );
  });

  it('has other separators, files without a header, and missing values', async () => {
    const read = await readCsv(bytes('1;?\r\n3;4\r\n'), { separator: ';', header: false, missing: ['?'] });
    expect(read.columns).toEqual(['0', '1']);
    expect([...read.data]).toEqual([1, NaN, 3, 4]);
  });

  it('refuses a file cut off at any byte, when it is told how many rows there are', async () => {
    const text = 'a,b\n1,25\n"3",-4.5\n';
    for (let length = 0; length < text.length; length++)
      await expect(readCsv(bytes(text.slice(0, length)), { rows: 2 }), `${length} bytes`).rejects.toMatchObject({
        code: expect.stringMatching(/^DATA_(TRUNCATED|MALFORMED)$/),
        message: expect.stringMatching(/line \d+/),
      });
    await expect(readCsv(bytes(text), { rows: 1 })).rejects.toMatchObject({ code: 'DATA_OVERSIZED' });
  });

  it.each([
    ['1,2,3', 'DATA_MALFORMED', '3 fields for 2 columns'],
    ['1', 'DATA_MALFORMED', '1 fields for 2 columns'],
    ['1,', 'DATA_MALFORMED', "column 'b'"],
    ['1,x', 'DATA_MALFORMED', "column 'b'"],
    ['1,0x10', 'DATA_MALFORMED', "column 'b'"],
    ['1,NaN', 'DATA_MALFORMED', "column 'b'"],
    ['1,"2"3', 'DATA_MALFORMED', 'field 2 has a quote out of place'],
    ['1,2""', 'DATA_MALFORMED', 'field 2 has a quote out of place'],
    ['1,"2', 'DATA_TRUNCATED', 'never ends'],
  ])('refuses %j with the line number', async (line, code, says) => {
    const outcome = readCsv(bytes(`a,b\n1,2\n${line}\n`));
    await expect(outcome).rejects.toMatchObject({ code, message: expect.stringContaining('line 3:') });
    await expect(outcome).rejects.toThrow(says);
  });

  it('refuses two columns of one name, unknown categorical columns, and a separator of two characters', async () => {
    await expect(readCsv(bytes('a,a\n1,2\n'))).rejects.toMatchObject({ code: 'DATA_MALFORMED' });
    await expect(readCsv(bytes('a,b\n1,2\n'), { categorical: ['c'] })).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await expect(readCsv(bytes('a,b\n'), { separator: ', ' })).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await expect(readCsv(bytes('a,b\n'))).rejects.toMatchObject({ code: 'DATA_TRUNCATED' });
  });
});

const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));

describe.skipIf(!existsSync(data))('CSV files (when they are there)', () => {
  it('reads the California housing table', async () => {
    const { shape, columns } = await readCsv(createReadStream(`${data}regression/california_housing.csv.gz`));
    expect(shape).toEqual([20640, 9]);
    expect(columns[0]).toBe('MedInc');
  });

  it('reads the mushrooms as letters', async () => {
    const { shape, categories } = await readCsv(createReadStream(`${data}libsvm/agaricus-lepiota.data.gz`), {
      header: false,
      categorical: true,
    });
    expect(shape).toEqual([8124, 23]);
    expect(categories['0']).toEqual(['p', 'e']);
  });
});
