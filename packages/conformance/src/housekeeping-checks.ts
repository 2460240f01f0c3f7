import { NotApplicable, type Check } from './check.ts';
import { basic } from './line-checks.ts';
import { answering, posing, type Posed } from './posed.ts';
import { slopingProblems } from './problem.ts';
import { ensure } from './promise-broken.ts';
import { ensureSame } from './same.ts';
import type { AnyOracle } from './subject.ts';
import type { Testing } from './test-backend.ts';

type Part = readonly [what: string, ask: (oracle: AnyOracle) => unknown];

const linearize: Part = ['linearize()', (oracle) => oracle.linearize()];
const without: Part = ['linearize({ probes: false })', (oracle) => oracle.linearize({ probes: false })];
const probe: Part = ['probe(0.5)', (oracle) => oracle.probe(0.5)];

/** Steps that are given up after their first, second, ... question. */
const abandoned: readonly (readonly Part[])[] = [
  [linearize],
  [linearize, probe],
  [without],
  [without, ['move(0.25)', (oracle) => oracle.move(0.25)]],
  [linearize, probe, ['move(0.25)', (oracle) => oracle.move(0.25)]],
  [linearize, ['moveAlong(0.25)', (oracle) => oracle.moveAlong?.('momentum', 0.25)]],
  [linearize, ['moveHeavyBall(0.25, 0.5)', (oracle) => oracle.moveHeavyBall?.(0.25, 0.5)]],
  [linearize, ['moveNesterov(0.25, 0.5)', (oracle) => oracle.moveNesterov?.(0.25, 0.5)]],
  [
    linearize,
    ['probeGradient(0.5)', (oracle) => oracle.probeGradient?.(0.5)],
    ['moveExtragradient(0.25)', (oracle) => oracle.probeGradient && oracle.moveExtragradient?.(0.25)],
  ],
  [['outputs()', (oracle) => oracle.outputs?.()]],
  [['displacementProduct()', (oracle) => oracle.displacementProduct?.()], linearize],
];

/** Tests of `abandon`, `finish`, and what is left behind. */
export function housekeepingChecks(testing: Testing): Check[] {
  const { about, options } = testing;
  const layers = options.layers ?? 2;
  const noise = options.noise ?? false;

  return [
    about(
      'abandon',
      [...basic, 'move', ...(noise ? ['same-randomness'] : [])],
      async ({ problem, oracle, w }) => {
        answering(oracle, 'abandon');
        const undisturbed = await posing(testing, problem, async (other) => [await step(other), await step(other)]);
        for (const expected of undisturbed) {
          const before = await w();
          for (const parts of abandoned) {
            for (const [, ask] of parts) await ask(oracle);
            await oracle.abandon!();
            ensureSame(await w(), before, `the parameters after ${parts.map(([name]) => name).join(', ')}, abandon`);
          }
          // An answer that nobody waits for.
          const late = Promise.resolve(oracle.linearize()).catch(() => undefined);
          await oracle.abandon!();
          await late;
          await oracle.abandon!();
          ensureSame(await step({ oracle, w }), expected, 'linearize, probe(0.5), w after move(0.25), after steps that were abandoned'); // prettier-ignore
        }
      },
      slopingProblems({ layers, noise }),
    ),

    about('finish', [...basic, 'move'], async ({ oracle, w }) => {
      answering(oracle, 'finish', 'abandon');
      await oracle.linearize();
      await oracle.move(0.25);
      await oracle.finish!();
      const there = await w();
      await oracle.abandon!();
      ensureSame(await w(), there, 'the parameters after move(0.25), finish, abandon');
    }),

    about('no-leak', [...basic, 'move', 'probe-stays'], async ({ problem, subject, oracle, w }) => {
      const live = subject.live?.bind(subject);
      if (!live) throw new NotApplicable("the oracle has no 'live'");
      for (let k = 0; k < 2; k++) await step({ oracle, w });
      const before = live();
      for (let k = 0; k < 3; k++) await step({ oracle, w });
      ensure(live() === before, () => `${live() - before} more are alive after 3 steps`);
      if (oracle.abandon)
        for (const parts of abandoned) {
          for (const [, ask] of parts) await ask(oracle);
          await oracle.abandon();
          // What an oracle may keep from the first question on that needs it is there after the first time.
          const kept = live();
          for (const [, ask] of parts) await ask(oracle);
          await oracle.abandon();
          const names = parts.map(([name]) => name).join(', ');
          ensure(live() === kept, () => `${live() - kept} more are alive after ${names}, abandon`);
        }
      if (!subject.dispose) return;
      const alone = live();
      await posing(testing, problem, async (other) => step(other));
      ensure(live() === alone, () => `${live() - alone} more are alive after another oracle was made, took a step and was disposed of`); // prettier-ignore
    }),
  ];
}

/** A whole step, and what it shows. */
async function step({ oracle, w }: Pick<Posed, 'oracle' | 'w'>): Promise<unknown> {
  const seen = [await oracle.linearize(), await oracle.probe(0.5)];
  await oracle.move(0.25);
  await oracle.finish?.();
  return [...seen, Array.from(await w())];
}
