import { availableParallelism } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { countThreads, environmentThreads, isThreadCount } from './count.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

it.each([
  ...[['all', true], [1, true], [64, true], [0, false], [65, false]],
  ...[[1.5, false], [NaN, false], ['2', false], [undefined, false]],
] as const)('takes %s as a number of threads: %s', (value, is) => expect(isThreadCount(value)).toBe(is)); // prettier-ignore

describe('countThreads', () => {
  it('counts those that compute at once', () => {
    expect(countThreads(3)).toBe(3);
    expect(countThreads('all')).toBe(Math.min(availableParallelism(), 64));
  });

  it('asks a browser, and has one where nobody tells', () => {
    vi.stubGlobal('process', undefined);
    vi.stubGlobal('navigator', { hardwareConcurrency: 100 });
    expect(countThreads('all')).toBe(64);
    vi.stubGlobal('navigator', undefined);
    expect(countThreads('all')).toBe(1);
  });
});

it.each([
  ...[[undefined, undefined], ['', undefined], ['all', 'all'], ['12', 12], ['two', 'two'], ['-1', '-1']],
] as const)('finds OVERPARAM_THREADS=%s in the environment', (text, value) => {
  vi.stubEnv('OVERPARAM_THREADS', text);
  expect(environmentThreads()).toBe(value);
}); // prettier-ignore
