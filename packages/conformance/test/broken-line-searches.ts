import type { Inquiry } from '@overparam/core';
import type { LineAtZero, LineSearch, MemoryRule, SearchEnd } from '@overparam/conformance';

type Probe = Parameters<LineSearch<number>>[0];

/** Halves the step until f decreases as Armijo has it. */
function* halving(probe: Probe, { initial, reference, slope }: LineAtZero): Inquiry<SearchEnd<number>> {
  for (let step = initial, forwards = 1; ; step /= 2, forwards++) {
    const trial = yield* probe(step);
    const accepted = trial <= reference + 0.1 * step * slope;
    const ended = { step, trial, accepted, forwards, backtracks: forwards - 1 };
    if (accepted) return { ...ended, why: null, next: step };
    if (forwards === 60) return { ...ended, why: 'max-trials', next: step / 2 };
  }
}

export const sound: LineSearch<number> = halving;

interface Broken<Rule> {
  /** How it breaks the promise. */
  readonly how: string;
  readonly rule: Rule;
}

const ending = (change: (end: SearchEnd<number>) => Partial<SearchEnd<number>>): LineSearch<number> =>
  function* (probe, line) {
    const end = yield* halving(probe, line);
    return { ...end, ...change(end) };
  };

/** For each promise of a search one that breaks it, and no other. */
export const brokenSearches: Readonly<Record<string, Broken<LineSearch<number>>>> = {
  'asks-its-probe': {
    how: "asks 'move' at the step that it accepts",
    rule: function* (probe, line) {
      const end = yield* halving(probe, line);
      yield { name: 'move', args: [end.step] };
      return end;
    },
  },
  ends: {
    how: 'continues until a trial is accepted',
    rule: function* (probe, { initial, reference, slope }) {
      for (let step = initial, forwards = 1; ; step = Math.max(step / 2, 1e-9), forwards++) {
        const trial = yield* probe(step);
        if (trial <= reference + 0.1 * step * slope)
          return { step, trial, accepted: true, why: null, next: step, forwards, backtracks: forwards - 1 };
      }
    },
  },
  deterministic: {
    how: 'chooses the next trial by Math.random',
    rule: ending(({ step }) => ({ next: step * (1 + Math.random()) })),
  },
  'starts-at-initial': {
    how: 'starts at twice the initial step',
    rule: (probe, line) => halving(probe, { ...line, initial: 2 * line.initial }),
  },
  'sound-steps': {
    how: 'tries the step 0 when the first trial fails',
    rule: function* (probe, line) {
      const trial = yield* probe(line.initial);
      if (trial <= line.reference + 0.1 * line.initial * line.slope)
        return { step: line.initial, trial, accepted: true, why: null, next: line.initial, forwards: 1, backtracks: 0 };
      yield* probe(0);
      const end = yield* halving(probe, { ...line, initial: line.initial / 2 });
      return { ...end, forwards: end.forwards + 2, backtracks: end.forwards + 1 };
    },
  },
  counts: {
    how: 'counts the trials instead of the backtracks',
    rule: ending(({ forwards }) => ({ backtracks: forwards })),
  },
  'found-is-tried': { how: 'ends at half of what it accepted', rule: ending(({ step }) => ({ step: step / 2 })) },
  'accepted-means': {
    how: 'takes NaN for a decrease',
    rule: function* (probe, line) {
      for (let step = line.initial, forwards = 1; ; step /= 2, forwards++) {
        const trial = yield* probe(step);
        const accepted = !(trial > line.reference + 0.1 * step * line.slope);
        const why = accepted ? null : 'max-trials';
        if (accepted || forwards === 60)
          return { step, trial, accepted, why, next: step, forwards, backtracks: forwards - 1 };
      }
    },
  },
  why: { how: 'does not say why it failed', rule: ending(() => ({ why: null })) },
  succeeds: {
    how: 'tries twice',
    rule: function* (probe, { initial, reference, slope }) {
      for (let step = initial, forwards = 1; ; step /= 2, forwards++) {
        const trial = yield* probe(step);
        const accepted = trial <= reference + 0.1 * step * slope;
        const why = accepted ? null : 'max-trials';
        if (accepted || forwards === 2)
          return { step, trial, accepted, why, next: step, forwards, backtracks: forwards - 1 };
      }
    },
  },
};

interface Losses {
  readonly losses: readonly number[];
}

/** The largest of the last three losses. */
export const largest: MemoryRule<Losses> = {
  init: () => ({ losses: [] }),
  next: ({ losses }, { value }) => [Math.max(value, ...losses), { losses: [...losses, value].slice(-3) }],
};

const hidden = { count: 0 };

/** For each promise of a rule with memory one that breaks it, and no other. */
export const brokenRules: Readonly<Record<string, Broken<MemoryRule<Losses>>>> = {
  'state-unchanged': {
    how: 'adds to the losses that it was given',
    rule: {
      init: () => ({ losses: [] }),
      next(state, { value }) {
        (state.losses as number[]).push(value);
        return [Math.max(...state.losses), state];
      },
    },
  },
  'plain-state': {
    how: 'starts from the loss -Infinity',
    rule: { ...largest, init: () => ({ losses: [-Infinity] }) },
  },
  deterministic: {
    how: 'raises R by Math.random',
    rule: {
      ...largest,
      next(state, at) {
        const [R, next] = largest.next(state, at);
        return [R + Math.random(), next];
      },
    },
  },
  resumes: {
    how: 'raises R by a count that is not in its state',
    rule: {
      init() {
        hidden.count = 0;
        return largest.init();
      },
      next(state, at) {
        const [R, next] = largest.next(state, at);
        return [R + hidden.count++, next];
      },
    },
  },
  'not-below': {
    how: 'is the mean of the last losses, which f may exceed',
    rule: {
      ...largest,
      next(state, at) {
        const [, next] = largest.next(state, at);
        return [next.losses.reduce((sum, f) => sum + f, 0) / next.losses.length, next];
      },
    },
  },
  'sound-step': {
    how: 'divides by the decrease of f, which may be 0',
    rule: {
      ...largest,
      next(state, at) {
        const [, next] = largest.next(state, at);
        return [at.squaredGradientNorm / Math.max(at.value - (state.losses.at(-1) ?? at.value), 0), next];
      },
    },
  },
};
