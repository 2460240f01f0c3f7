import type { DirectionOptions, DirectionRule, Tensors } from '@overparam/conformance';

/** Tensors that are counted, and that can be written. */
interface Box {
  values: number[];
}
const living = new Set<Box>();
let scoped: Box[] | undefined;

const box = (values: readonly number[]): Box => {
  const made = { values: [...values] };
  living.add(made);
  scoped?.push(made);
  return made;
};

export const boxes: Tensors<Box> = {
  make: box,
  read: ({ values }) => values,
  scope(body) {
    scoped = [];
    body();
    for (const made of scoped) living.delete(made);
    scoped = undefined;
  },
  live: () => living.size,
};

type Input = Parameters<DirectionRule<Box>['next']>[0];
type Output = ReturnType<DirectionRule<Box>['next']>;

/** Momentum: m <- m / 2 + g, d = -m. */
export const momentum: DirectionRule<Box> = {
  name: 'momentum',
  options: { beta: 0.5 },
  remembers: ['m'],
  next({ gradient, memory }) {
    const m = box(gradient.values.map((g, i) => g + (memory?.[0]?.values[i] ?? 0) / 2));
    return { momentum: m, preconditioned: () => gradient, memory: [m] };
  },
};

const next = (step: (input: Input, sound: Output) => Partial<Output>): DirectionRule<Box> => ({
  ...momentum,
  next(input) {
    const sound = momentum.next(input);
    return { ...sound, ...step(input, sound) };
  },
});

let hidden = 0;

interface BrokenDirection {
  /** How it breaks the promise. */
  readonly how: string;
  readonly rule: DirectionRule<Box>;
  readonly options?: Partial<DirectionOptions<Box>>;
}

/** For each promise a rule that breaks it, and no other. */
export const brokenDirections: Readonly<Record<string, BrokenDirection>> = {
  'plain-options': { how: 'was made with NaN', rule: { ...momentum, options: { beta: NaN } } },
  'names-its-memory': { how: 'names a moment that it does not have', rule: { ...momentum, remembers: ['m', 'v'] } },
  shapes: {
    how: 'gives one number for all parameters',
    rule: next(({ gradient }) => ({ momentum: box([...gradient.values, 1]) })),
  },
  'changes-nothing': {
    how: 'adds to its moment in place',
    rule: next(({ gradient, memory }, { momentum: m }) => {
      memory?.[0]?.values.forEach((_, i, values) => (values[i] = m.values[i]! + gradient.values[i]! + 1));
      return {};
    }),
  },
  deterministic: {
    how: 'adds noise of Math.random',
    rule: next((_, { momentum: m }) => ({ momentum: box(m.values.map((x) => x * (1 + Math.random()))) })),
  },
  'no-hidden-memory': {
    how: 'counts the steps by itself, from the first one of any variable',
    rule: next(({ memory }, { momentum: m }) => {
      hidden = memory ? hidden + 1 : 0;
      return { momentum: box(m.values.map((x) => x / (1 + hidden))) };
    }),
  },
  'stays-finite': {
    how: 'divides by |g|, which may be 0',
    rule: next(({ gradient }) => {
      const length = Math.hypot(...gradient.values);
      return { preconditioned: () => box(gradient.values.map((x) => x / length)) };
    }),
  },
  descends: {
    how: 'has the sign wrong',
    rule: next(({ gradient }) => ({ preconditioned: () => box(gradient.values.map((x) => -x)) })),
  },
  fresh: {
    how: 'has the sign wrong',
    rule: next(({ gradient }) => ({ fresh: () => box(gradient.values.map((x) => -x)) })),
  },
  'no-leak': {
    how: 'keeps a tensor out of reach of the scope',
    rule: next(({ gradient }) => {
      living.add({ values: gradient.values });
      return {};
    }),
  },
};
