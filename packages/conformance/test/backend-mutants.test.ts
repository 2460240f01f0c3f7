import { describe, expect, it } from 'vitest';
import { exactOracle } from '../src/exact-oracle.ts';
import { backendChecks } from '../src/test-backend.ts';
import { backendPromises } from '../src/promises-of-backends.ts';
import { brokenBackends } from './broken-backends.ts';
import { brokenPromises } from './broken-promises.ts';

describe('a broken backend', () => {
  it.each(Object.entries(brokenBackends))("breaks '%s', and nothing else", async (id, { make, options = {} }) => {
    const broken = await brokenPromises(backendChecks(make, { noise: true, runs: 8, ...options }));
    expect(Object.keys(broken), Object.values(broken).map(String).join('\n')).toEqual([id]);
  });

  it('is there for every promise', () => {
    expect(Object.keys(brokenBackends).sort()).toEqual(Object.keys(backendPromises).sort());
  });

  it('and a sound one breaks none', async () => {
    const checks = backendChecks((problem) => exactOracle(problem), { noise: true });
    expect(await brokenPromises(checks)).toEqual({});
  });
});
