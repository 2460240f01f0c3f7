import { describe, expect, it } from 'vitest';
import { methodChecks } from '../src/test-method.ts';
import { methodPromises } from '../src/promises-of-methods.ts';
import { brokenMethods, descent } from './broken-methods.ts';
import { brokenPromises } from './broken-promises.ts';

const claims = { monotone: true, converges: { steps: 400, to: 1e-6 }, linear: { steps: 10, factor: 0.9 } };

describe('a broken method', () => {
  it.each(Object.entries(brokenMethods))("breaks '%s', and nothing else", async (id, { method, claims }) => {
    const broken = await brokenPromises(methodChecks(method, { runs: 8, ...(claims && { claims }) }));
    expect(Object.keys(broken), Object.values(broken).map(String).join('\n')).toEqual([id]);
  });

  it('is there for every promise', () => {
    expect(Object.keys(brokenMethods).sort()).toEqual(Object.keys(methodPromises).sort());
  });

  it('and a sound one breaks none', async () => {
    expect(await brokenPromises(methodChecks(descent, { runs: 8, claims }))).toEqual({});
  });
});
