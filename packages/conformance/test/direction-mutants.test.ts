import { describe, expect, it } from 'vitest';
import { directionPromises } from '../src/promises-of-directions.ts';
import { directionChecks } from '../src/test-direction.ts';
import { boxes, brokenDirections, momentum } from './broken-directions.ts';
import { brokenPromises } from './broken-promises.ts';

describe('a broken direction', () => {
  it.each(Object.entries(brokenDirections))("breaks '%s', and nothing else", async (id, { rule, options }) => {
    const broken = await brokenPromises(directionChecks(rule, { tensors: boxes, ...options }));
    expect(Object.keys(broken), Object.values(broken).map(String).join('\n')).toEqual([id]);
  });

  it('is there for every promise', () => {
    expect(Object.keys(brokenDirections).sort()).toEqual(Object.keys(directionPromises).sort());
  });

  it('and a sound one breaks none', async () => {
    expect(await brokenPromises(directionChecks(momentum, { tensors: boxes }))).toEqual({});
  });
});
