import { describe, expect, it } from 'vitest';
import {
  armijo,
  backtracking,
  decreaseRatio,
  decsps,
  finite,
  goldstein,
  grid,
  grippo,
  grippoPerSample,
  grown,
  lipschitz,
  polyak,
  search,
  smoothed,
  strongWolfe,
  wolfe,
  zhangHager,
  type Search,
} from '@overparam/line-search';

const code = (of: string): object => expect.objectContaining({ code: of }) as object;

describe('unknown options are refused, with the nearest name', () => {
  it.each<[string, () => unknown, string]>([
    ['strongWolfe, amax', () => strongWolfe({ amax: 1 } as never), "strongWolfe has no option 'amax'"],
    ['strongWolfe, C2', () => strongWolfe({ C2: 0.1 } as never), "Did you mean 'c2'?"],
    ['wolfe', () => wolfe({ c_1: 0.1 } as never), "Did you mean 'c1'?"],
    ['armijo', () => armijo({ C: 0.1 } as never), "Did you mean 'c'?"],
    ['lipschitz', () => lipschitz({ L: 0.1 } as never), "lipschitz has no option 'L'"],
    ['backtracking', () => backtracking({ accept: armijo(), rho: 0.5 } as never), "no option 'rho'"],
    ['backtracking without a condition', () => backtracking({} as never), "needs the option 'accept'"],
    ['backtracking, a name', () => backtracking({ accept: 'armijo' } as never), 'a condition, such as armijo()'],
    ['goldstein', () => goldstein({ betaB: 0.5 } as never), "Did you mean 'beta_b'?"],
    ['grid', () => grid({ trails: 3 } as never), "Did you mean 'trials'?"],
    ['zhangHager', () => zhangHager({ eta: 1 } as never), "zhangHager has no option 'eta'"],
    ['grippo', () => grippo({ windows: 3 } as never), "Did you mean 'window'?"],
    ['grippoPerSample', () => grippoPerSample({ window: 3, batches: 3 } as never), "no option 'batches'"],
    ['polyak', () => polyak({ c: 1 } as never), "polyak has no option 'c'"],
    ['grown', () => grown({ nBatchesPerEpoch: 3 } as never), "Did you mean 'n_batches_per_epoch'?"],
    ['smoothed', () => smoothed({ gama: 3 } as never), "Did you mean 'gamma'?"],
    ['decsps', () => decsps({ c_0: 3 } as never), "Did you mean 'c0'?"],
    ['decreaseRatio', () => decreaseRatio({ cp: 3 } as never), "Did you mean 'c_p'?"],
    [
      'search',
      () => search(() => 0, grid(), { initial: 1, value: 1, slope: -1, refrence: 2 } as never),
      "Did you mean 'reference'?",
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('a search that cannot succeed is an error before its first trial', () => {
  const searches: Record<string, Search<never>> = {
    backtracking: backtracking({ accept: armijo() }) as never,
    'backtracking, finite': backtracking({ accept: finite(armijo()) }) as never,
    goldstein: goldstein() as never,
    grid: grid() as never,
    strongWolfe: strongWolfe() as never,
  };
  const lines: [string, object, string][] = [
    ['an ascent direction', { initial: 1, value: 1, slope: 0.5 }, 'slope is 0.5: it takes a finite number < 0'],
    ['a stationary point', { initial: 1, value: 1, slope: 0 }, 'slope is 0'],
    ['a slope that is NaN', { initial: 1, value: 1, slope: NaN }, 'slope is NaN'],
    ['no slope', { initial: 1, value: 1 }, "needs the option 'slope'"],
    ['initial: -1', { initial: -1, value: 1, slope: -1 }, 'initial is -1: it takes a finite number > 0'],
    ['initial: 0', { initial: 0, value: 1, slope: -1 }, 'initial is 0'],
    ['initial: Infinity', { initial: Infinity, value: 1, slope: -1 }, 'initial is Infinity'],
    ['a value that is NaN', { initial: 1, value: NaN, slope: -1 }, 'value is NaN'],
  ];
  it.each(Object.keys(searches).flatMap((name) => lines.map((line) => [name, ...line] as const)))(
    '%s: %s',
    (name, _, line, message) => {
      let calls = 0;
      expect(() => search(() => (calls++, 1) as never, searches[name]!, line as never)).toThrow(message);
      expect(calls).toBe(0);
    },
  );

  it.each(Object.keys(searches))(
    '%s: a phi that returns no number, or no slope, is an error at its first trial',
    (name) => {
      for (const wrong of [
        undefined,
        null,
        '1',
        Promise.resolve(1),
        name === 'strongWolfe' ? 1 : { value: 1, slope: -1 },
      ]) {
        let calls = 0;
        const phi = (): never => (calls++, wrong) as never;
        expect(() => search(phi, searches[name]!, { initial: 1, value: 1, slope: -1 })).toThrow(code('BAD_OPTION'));
        expect(calls).toBe(1);
      }
    },
  );

  it('strongWolfe says what phi has to return', () => {
    expect(() => search(() => ({ value: 0.5 }) as never, strongWolfe(), { initial: 1, value: 1, slope: -1 })).toThrow(
      "'slope' of the trial at step 1 is undefined: it takes a number: wolfe needs it at every trial.",
    );
  });

  it('NaN and Infinity are values, as before: a trial that is too long', () => {
    const phi = (step: number): number => (step > 0.5 ? NaN : (step - 0.25) ** 2);
    expect(search(phi, backtracking({ accept: armijo() }), { initial: 1, value: 0.0625, slope: -0.5 }).accepted).toBe(
      true,
    );
  });
});
