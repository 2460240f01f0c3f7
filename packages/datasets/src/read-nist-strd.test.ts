import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readNistStrd } from './index.ts';
import { nistStrd } from './nist-strd/index.ts';
import { data } from './nist-strd/data.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** A file in NIST's format: two parameters, three observations of two predictors. */
const file = `NIST/ITL StRD
Dataset Name:  Tiny1             (Tiny1.dat)

File Format:   ASCII
               Starting Values   (lines 14 to 15)
               Certified Values  (lines 14 to 20)
               Data              (lines 23 to 25)

Data:          1 Response  (y)
               2 Predictors (x1 = time; x2 = temperature)
               Higher Level of Difficulty
        Start 1     Start 2           Parameter     Standard Deviation

  b1 =   500         250           2.3894212918E+02  2.7070075241E+00
  b2 =    -0.0001     .0005        5.5015643181E-04  7.2668688436E-06

Residual Sum of Squares:                    1.2455138894E-01
Residual Standard Deviation:                1.0187876330E-01
Degrees of Freedom:                                1
Number of Observations:                            3

Data:   y               x1       x2
      10.07E0      77.6E0    1
      14.73E0     114.9E0    2
      -.94E0      141.1E0    3
`;

describe('readNistStrd', () => {
  it('reads starts, certified values and data', async () => {
    const wanted = {
      name: 'Tiny1',
      difficulty: 'higher',
      starts: [
        [500, -0.0001],
        [250, 0.0005],
      ],
      certified: [238.94212918, 5.5015643181e-4],
      standardDeviations: [2.7070075241, 7.2668688436e-6],
      residualSumOfSquares: 0.12455138894,
      residualStandardDeviation: 0.1018787633,
      degreesOfFreedom: 1,
      response: [10.07, 14.73, -0.94],
      predictors: [
        [77.6, 114.9, 141.1],
        [1, 2, 3],
      ],
    };
    expect(await readNistStrd(bytes(file))).toEqual(wanted);
    expect(await readNistStrd(gzipSync(file.replaceAll('\n', '\r\n')))).toEqual(wanted);
  });

  it.each([
    ['DATA_WRONG_FORMAT', "there is no line 'Dataset Name:'", 'a,b\n1,2\n'],
    ['DATA_WRONG_FORMAT', 'there is no level of difficulty', file.replace('Higher Level', 'Level')],
    ['DATA_WRONG_FORMAT', 'there are no certified values', file.replaceAll(/^ {2}b.*$/gm, '')],
    [
      'DATA_MALFORMED',
      'line 14: "  b1 =   500         250           2.3894212918E+02" is not 4 numbers',
      file.replace('  2.7070075241E+00', ''),
    ],
    ['DATA_MALFORMED', 'line 24: "      14.73E0     1x4.9E0    2" is not 3 numbers', file.replace('114.9', '1x4.9')],
    ['DATA_MALFORMED', 'line 23: there are 3 rows, and 4 observations', file.replace(/( )3\n\nData/, '$14\n\nData')],
    ['DATA_MALFORMED', 'line 17: "none" is no number', file.replace('1.2455138894E-01', 'none')],
    ['DATA_TRUNCATED', 'the file ends before line 25', file.replace(/^ *-\.94.*\n/m, '')],
    ['DATA_TRUNCATED', 'the last line has no line break', file.trimEnd()],
    ['DATA_OVERSIZED', 'line 26: the data end at line 25', file + '1 2 3\n'],
  ])('%s: %s', async (code, message, text) => {
    const error: unknown = await readNistStrd(bytes(text), { name: 'tiny' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain(message);
  });
});

const folder = new URL('../../../../shared/data/regression/nist_strd/', import.meta.url);
describe.skipIf(!existsSync(folder))("NIST's own files (needs the folder ../shared)", () => {
  it('are what is bundled', async () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.dat'));
    expect(names).toHaveLength(27);
    for (const name of names) {
      const read = await readNistStrd(readFileSync(new URL(name, folder)), { name });
      expect(data.find((set) => set.name === read.name)).toEqual(read);
    }
  });
});

describe('nistStrd', () => {
  it('has 27 problems, of every difficulty', () => {
    const of = (level: string): number => nistStrd.filter(({ difficulty }) => difficulty === level).length;
    expect([of('lower'), of('average'), of('higher')]).toEqual([8, 11, 8]);
  });

  describe.each(nistStrd.map((problem) => [problem.name, problem] as const))('%s', (name, problem) => {
    const { certified, starts, response, residualSumOfSquares, residualStandardDeviation, degreesOfFreedom } = problem;
    const N = response.length;
    const P = certified.length;

    it('has a model that fits the certified figures', () => {
      // Rat43's file says 9, though its standard deviation is that of 11.
      expect(name === 'Rat43' ? 11 : degreesOfFreedom).toBe(N - P);
      expect(Math.sqrt(residualSumOfSquares / (N - P)) / residualStandardDeviation).toBeCloseTo(1, 9);
      const sum = problem.residuals(certified).reduce((total, r) => total + r * r, 0);
      // Lanczos1 fits to rounding: certified values of 11 digits leave more than its residuals.
      if (name === 'Lanczos1') expect(sum).toBeLessThan(1e-20);
      else expect(Math.abs(sum / residualSumOfSquares - 1)).toBeLessThan(1e-6);
    });

    it.each([certified, ...starts])('has the derivatives of its residuals', (...b) => {
      const here = problem.residuals(b);
      const { rows, columns, data: J } = problem.jacobian(b);
      expect([rows, columns]).toEqual([N, P]);
      b.forEach((bj, j) => {
        const h = 1e-4 * Math.abs(bj);
        const at = (k: number): Float64Array => problem.residuals(b.map((x, i) => (i === j ? x + k * h : x)));
        const [a2, a1, c1, c2] = [at(-2), at(-1), at(1), at(2)];
        const column = Array.from({ length: N }, (_, i) => J[i * P + j]!);
        const excess = column.map((entry, i) => {
          const numeric = (a2[i]! - 8 * a1[i]! + 8 * c1[i]! - c2[i]!) / (12 * h);
          const rounding = (1e-14 * Math.abs(here[i]! + response[i]!)) / h;
          return Math.abs(entry - numeric) - rounding;
        });
        expect(Math.max(...excess)).toBeLessThanOrEqual(1e-6 * Math.max(...column.map(Math.abs)));
      });
    });
  });
});
