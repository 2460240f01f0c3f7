import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { settingsOf } from '../command/run-options.ts';
import { experiments } from '../experiments/index.ts';
import { startBackend } from '../session/backend.ts';
import { formatMethod, parseMethod } from './method-spec.ts';
import { createTrainer, labelOf, methods } from './registry.ts';

beforeAll(() => startBackend('cpu'));

const context = { parameters: [], batchesPerEpoch: 78.125 };
const create = (text: string) => createTrainer(parseMethod(text), context);

describe('parseMethod', () => {
  it('reads what formatMethod writes', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
      fc.boolean(),
      fc.constant('adam'),
    );
    const spec = fc.record({
      name: fc.constantFrom('ponos', 'zhang-reset2'),
      options: fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{0,8}$/), value, { maxKeys: 3 }),
    });
    fc.assert(
      fc.property(spec, ({ name, options }) => {
        expect(parseMethod(formatMethod({ name, options }))).toEqual({ name, options: { ...options } });
      }),
      { seed: 1 },
    );
  });

  it.each(['', ':', 'ponos:', 'ponos:c', 'ponos:c=', 'ponos:c=1:c=2', 'Ponos', 'ponos:__proto__', '../x'])(
    'refuses %j',
    (text) => {
      expect(() => parseMethod(text)).toThrow(expect.objectContaining({ code: 'BAD_METHOD' }));
    },
  );
});

describe('the methods', () => {
  it.each(Object.keys(methods))('%s can be made and has a label', (name) => {
    create(['adam', 'sgd'].includes(name) ? `${name}:lr=0.1` : name).dispose();
    expect(labelOf(parseMethod(name))).toBe(methods[name]!.label);
    expect(labelOf(parseMethod(`${name}:c=0.5`))).toBe(`${methods[name]!.label}, c 0.5`);
  });

  it('of all ablations can be made, with what their experiment sets', () => {
    for (const experiment of experiments)
      for (const ablation of Object.keys(experiment.ablations))
        expect(settingsOf(experiment, { ablation }).methods.length).toBeGreaterThan(2);
  });

  it.each([
    ['nonsense', 'UNKNOWN_METHOD', 'ponos'],
    ['constructor', 'UNKNOWN_METHOD', 'There is no method'],
    ['ponos:rhoo=1', 'UNKNOWN_OPTION', "'rho'"],
    ['ponos:c=2', 'BAD_OPTION', 'c is 2'],
    ['ponos:direction=sideways', 'BAD_OPTION', 'sideways'],
    ['adam', 'BAD_OPTION', 'adam: lr is undefined'],
    ['adam:lr=-1', 'BAD_OPTION', 'lr is -1'],
    ['adam:rate=1', 'BAD_OPTION', 'lr'],
  ])('%s is refused', (text, code, says) => {
    expect(() => create(text)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(says) }));
  });
});
