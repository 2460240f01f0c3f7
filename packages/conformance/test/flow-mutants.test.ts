import { describe, expect, it } from 'vitest';
import { flowPromises } from '../src/promises-of-flows.ts';
import { flowChecks } from '../src/test-flow.ts';
import { brokenFlows, sound } from './broken-flows.ts';
import { brokenPromises } from './broken-promises.ts';

describe('a broken flow', () => {
  it.each(Object.entries(brokenFlows))("breaks '%s', and nothing else", async (id, { make }) => {
    const broken = await brokenPromises(flowChecks(make));
    expect(Object.keys(broken), Object.values(broken).map(String).join('\n')).toEqual([id]);
  });

  it('is there for every promise', () => {
    expect(Object.keys(brokenFlows).sort()).toEqual(Object.keys(flowPromises).sort());
  });

  it.each([1, 2])('and a sound one breaks none, in dimension %d', async (dimension) => {
    expect(await brokenPromises(flowChecks(sound, { dimension }))).toEqual({});
  });
});
