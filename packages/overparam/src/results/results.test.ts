import { describe, expect, it } from 'vitest';
import { sampleResults } from '../../test/sample-results.ts';
import { duration, percent, significant } from './format.ts';
import { parseResults } from './results.ts';

describe('parseResults', () => {
  it('reads what was written', () => {
    expect(parseResults(JSON.stringify(sampleResults()))).toEqual(sampleResults());
  });

  it.each([
    ['not JSON', 'nothing', 'RESULTS_DAMAGED', 'JSON'],
    ['another file', '{}', 'RESULTS_DAMAGED', 'format'],
    ['null', 'null', 'RESULTS_DAMAGED', ''],
    ['a later version', JSON.stringify({ ...sampleResults(), version: 2 }), 'RESULTS_NEWER', 'version 2'],
    [
      'a text for a number',
      JSON.stringify(sampleResults()).replace('"seed":0', '"seed":"0"'),
      'RESULTS_DAMAGED',
      'runs.0.seed',
    ],
    ['a field too many', JSON.stringify({ ...sampleResults(), more: 1 }), 'RESULTS_DAMAGED', 'more'],
    [
      'a trace with a hole',
      JSON.stringify(sampleResults()).replace('"step":[1,', '"step":['),
      'RESULTS_DAMAGED',
      'runs.0.trace',
    ],
  ])('refuses %s', (_, json, code, says) => {
    expect(() => parseResults(json)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(says) }));
  });
});

describe('numbers', () => {
  it.each([
    [0.12345, '0.123'],
    [0, '0'],
    [1.5e-7, '1.50e-7'],
    [1234.5, '1,235'],
    [12.345, '12.3'],
    [1e7, '1.00e+7'],
    [null, 'not finite'],
  ])(
    // prettier-ignore
    '%s is written %s',
    (value, text) => expect(significant(value)).toBe(text),
  );
  it.each([
    [0.5, '0.5 s'],
    [75.4, '75 s'],
    [125, '2:05 min'],
    [3725, '1:02:05 h'],
    [3599.7, '1:00:00 h'],
  ])('%s seconds are %s', (seconds, text) =>
    // prettier-ignore
    expect(duration(seconds)).toBe(text),
  );
  it('shares are percentages', () => expect(percent(0.8567)).toBe('85.7 %'));
});
