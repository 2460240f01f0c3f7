import { describe, expect, it } from 'vitest';
import { lineSearchChecks } from '../src/test-line-search-rule.ts';
import { rulePromises, searchPromises } from '../src/promises-of-line-searches.ts';
import { brokenRules, brokenSearches, largest, sound } from './broken-line-searches.ts';
import { brokenPromises } from './broken-promises.ts';

describe('a broken search', () => {
  it.each(Object.entries(brokenSearches))("breaks '%s', and nothing else", async (id, { rule }) => {
    const broken = await brokenPromises(lineSearchChecks({ search: rule }));
    expect(Object.keys(broken), Object.values(broken).map(String).join('\n')).toEqual([id]);
  });

  it('is there for every promise', () => {
    expect(Object.keys(brokenSearches).sort()).toEqual(Object.keys(searchPromises).sort());
  });

  it('and a sound one breaks none', async () => {
    const accepts = (
      step: number,
      trial: number,
      { reference, slope }: { reference: number; slope: number },
    ): boolean => trial <= reference + 0.1 * step * slope;
    expect(await brokenPromises(lineSearchChecks({ search: sound }, { claims: { maxTrials: 60, accepts } }))).toEqual(
      {},
    );
    const wrong = await brokenPromises(lineSearchChecks({ search: sound }, { claims: { accepts: () => false } }));
    expect(Object.keys(wrong)).toEqual(['accepted-means']);
  });
});

describe('a broken rule with memory', () => {
  it.each(Object.entries(brokenRules))("breaks '%s', and nothing else", async (id, { rule }) => {
    const checks = lineSearchChecks(id === 'sound-step' ? { stepSize: rule } : { reference: rule });
    const broken = await brokenPromises(checks);
    expect(Object.keys(broken), Object.values(broken).map(String).join('\n')).toEqual([id]);
  });

  it('is there for every promise', () => {
    expect(Object.keys(brokenRules).sort()).toEqual(Object.keys(rulePromises).sort());
  });

  it('and a sound one breaks none', async () => {
    expect(await brokenPromises(lineSearchChecks({ reference: largest }))).toEqual({});
  });
});
