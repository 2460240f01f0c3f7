import type { Linearization, LinearizeRequest } from '@overparam/core';
import { checkOnce, NotApplicable, type Check } from './check.ts';
import { answering, inModules, posing, reached, refused, scalesOf, type Posed } from './posed.ts';
import { derivative, ensureClose } from './precision.ts';
import { slopingProblems, wideProblem } from './problem.ts';
import { ensure, Finding, shown } from './promise-broken.ts';
import { ensureSame, same } from './same.ts';
import { sizeOf } from './sizes.ts';
import type { AnyOracle } from './subject.ts';
import type { Testing } from './test-backend.ts';
import { dot, norm, plus } from './vector.ts';

/** What every test of a backend presumes. */
export const basic: readonly string[] = ['answers', 'deterministic'];

/** Tests of `linearize`, `probe` and `move`. */
export function lineChecks(testing: Testing): Check[] {
  const { about, options, promised, tolerance } = testing;
  const layers = options.layers ?? 2;

  const value = async ({ problem, oracle, net, start }: Posed): Promise<void> => {
    const { value: f } = await oracle.linearize();
    ensureClose(f, net.value(start), tolerance.exact, 'f at the start', scalesOf({ problem }, net, start).value);
  };

  return [
    about('answers', [], async ({ oracle, start, w }) => {
      answersAll(oracle, ['linearize', 'probe', 'move', ...(options.answers ?? [])]);
      ensureClose(await w(), start, tolerance.exact, "what 'read' gives, beside the weights of the problem");
    }),

    about('deterministic', ['answers'], async ({ problem, oracle, w }) => {
      const script = async (asked: Posed['oracle'], read: Posed['w']): Promise<unknown[]> => {
        const seen: unknown[] = [];
        for (let step = 0; step < 2; step++) {
          seen.push(await asked.linearize(), await asked.probe(0.25));
          await asked.move(0.125);
          await asked.finish?.();
          seen.push(Array.from(await read()));
        }
        return seen;
      };
      const first = await script(oracle, w);
      await posing(testing, problem, async (again) =>
        ensureSame(
          await script(again.oracle, again.w),
          first,
          'linearize, probe(0.25), w after move(0.125), once more',
        ),
      );
    }),

    about('value', basic, value),

    about('gradient', basic, async ({ problem, oracle, net, start }) => {
      const g = net.gradient(start);
      const scale = scalesOf({ problem }, net, start).gradient ** 2;
      ensureClose((await oracle.linearize()).squaredGradientNorm, dot(g, g), tolerance.exact, '|g|^2', scale);
    }),

    about('probe-stays', basic, async ({ oracle, w }, step) => {
      await oracle.linearize();
      const before = await w();
      const [first, other, again] = [await oracle.probe(step), await oracle.probe(3 * step), await oracle.probe(step)];
      ensureSame(await w(), before, `the parameters after probe(${step})`);
      ensure(
        same(first, again),
        () => `probe(${step}) is ${first}, and after probe(${3 * step}) = ${other} it is ${again}`,
      );
    }),

    about('probe-at-zero', [...basic, 'value'], async ({ oracle }) => {
      const { value: f } = await oracle.linearize();
      ensureClose(await oracle.probe(0), f, tolerance.exact, 'probe(0), beside f of linearize', 1);
    }),

    about('slope', [...basic, 'probe-stays'], async (posed) => {
      const { problem, oracle, net, start } = posed;
      const { slope } = await oracle.linearize();
      const d = plus(await reached(testing, problem, 1), -1, start);
      const reach = reachOf(posed, d);
      const measured = await derivative((step) => oracle.probe(step), tolerance.difference / reach);
      const scale = scalesOf({ problem }, net, start).value * reach;
      ensureClose(
        slope,
        measured,
        tolerance.differential,
        'the slope, beside (probe(h) - probe(-h)) / 2h as h -> 0',
        scale,
      );
    }),

    about('move', [...basic, 'slope', 'probe-stays'], async ({ problem, oracle, net, start, w }, step) => {
      const { slope } = await oracle.linearize();
      await oracle.move(step);
      const moved = plus(await w(), -1, start);
      const whole = plus(await reached(testing, problem, 1), -1, start);
      const scales = scalesOf({ problem }, net, start);
      const what = `move(${step})`;
      ensureClose(moved, whole.map((x) => step * x), tolerance.exact, `w' - w after ${what}, beside step times that after move(1)`, scales.parameters + norm(whole)); // prettier-ignore
      const scale = scales.gradient * (scales.parameters + norm(whole));
      ensureClose(dot(net.gradient(start), moved), step * slope, tolerance.exact, `<g, w' - w> after ${what}, beside step times the slope`, scale); // prettier-ignore
    }),

    about('probe', [...basic, 'move', 'value'], async ({ problem, oracle, net, w }, step) => {
      await oracle.linearize();
      const probed = await oracle.probe(step);
      await oracle.move(step);
      const there = await w();
      const scale = scalesOf({ problem }, net, there).value;
      ensureClose(probed, net.value(there), tolerance.exact, `probe(${step}), beside f after move(${step})`, scale);
    }),

    about('descends', [...basic, 'slope'], async ({ oracle }) => {
      const { slope, squaredGradientNorm } = await oracle.linearize();
      ensure(
        slope < 0 || squaredGradientNorm === 0,
        () => `the slope is ${slope}, where |g|^2 is ${squaredGradientNorm}`,
      );
    }),

    about('no-descent', [...basic, 'value', 'move'], async ({ problem, net }, step) => {
      for (const earlier of [0, 2]) {
        const along = (request: LinearizeRequest) =>
          posing(testing, problem, async ({ oracle, w }) => {
            await steps(oracle, earlier, { descend: false });
            const start = await w();
            const at = await oracle.linearize(request);
            await oracle.move(step);
            return { start, at, moved: plus(await w(), -1, start) };
          });
        const [usual, own] = [await along({}), await along({ descend: false })];
        const scales = scalesOf({ problem }, net, own.start);
        const what = `linearize({ descend: false }) after ${earlier} steps`;
        const length = scales.parameters + norm(own.moved);
        ensureClose(own.at.value, usual.at.value, tolerance.exact, `f of ${what}`, scales.value);
        ensureClose(dot(net.gradient(own.start), own.moved), step * own.at.slope, tolerance.exact, `<g, w' - w>, beside step times the slope of ${what}`, scales.gradient * length); // prettier-ignore
        ensure(!own.at.fellBack, () => `${what} fell back`);
        if (usual.at.fellBack) ensure(own.at.slope >= 0, () => `the slope of ${what} is ${own.at.slope}, and without the request the oracle fell back`); // prettier-ignore
        else ensureClose(own.moved, usual.moved, tolerance.exact, `w' - w after ${what}, beside that after linearize()`, length); // prettier-ignore
      }
    }),

    about('no-probes', [...basic, 'value', 'move'], async (posed) => {
      const { problem } = posed;
      const along = (request: LinearizeRequest) =>
        posing(testing, problem, async ({ oracle, w }) => ({ seen: await steps(oracle, 3, request), end: await w() }));
      const [usual, own] = [await along({}), await along({ probes: false })];
      const scales = scalesOf({ problem }, posed.net, usual.end);
      usual.seen.forEach(({ value, slope }, k) => {
        const what = `of linearize({ probes: false }) in step ${k + 1}, beside that of linearize()`;
        ensureClose(own.seen[k]!.value, value, tolerance.exact, `f ${what}`, scales.value + Math.abs(value));
        ensureClose(own.seen[k]!.slope, slope, tolerance.exact, `the slope ${what}`, scales.gradient ** 2 + Math.abs(slope)); // prettier-ignore
      });
      ensureClose(own.end, usual.end, tolerance.exact, 'w after 3 steps by linearize({ probes: false }), move(0.25)', scales.parameters); // prettier-ignore
    }),

    about('move-refuses', [...basic, 'move'], async ({ oracle, w }) => {
      for (const [question, move] of Object.entries(moves)) {
        if (typeof oracle[question as keyof typeof oracle] !== 'function') continue;
        for (const step of [NaN, Infinity, -Infinity]) {
          await oracle.linearize();
          const before = await w();
          const threw = await refused(() => move(oracle as Required<AnyOracle>, step));
          await oracle.abandon?.();
          ensureSame(await w(), before, `the parameters after ${question} by ${step}`);
          ensure(threw, () => `${question} by ${step} went well`);
        }
      }
    }),

    about('same-data', [...basic, 'value', 'probe', 'probe-at-zero'], async (posed, step) => {
      const { problem, subject, oracle } = posed;
      if (!subject.batch) throw new NotApplicable("the oracle has no 'batch'");
      if (problem.inputs.length < 2) return;
      subject.batch([0]);
      const { value: f } = await oracle.linearize();
      const before = await oracle.probe(step);
      subject.batch([1]);
      ensureClose(await oracle.probe(0), f, tolerance.exact, 'probe(0) when the next batch is ready', 1);
      ensureSame(await oracle.probe(step), before, `probe(${step}) when the next batch is ready`);
    }),

    about(
      'same-randomness',
      [...basic, 'probe', 'probe-at-zero'],
      async ({ oracle }) => {
        if (!options.noise) throw new NotApplicable('its problems have no randomness');
        const values: number[] = [];
        for (let k = 0; k < 12; k++) {
          const { value: f } = await oracle.linearize();
          ensureClose(await oracle.probe(0), f, tolerance.exact, 'probe(0), beside f of linearize, with noise', 1);
          ensureSame(await oracle.probe(0.5), await oracle.probe(0.5), 'probe(0.5), asked twice, with noise');
          await oracle.finish?.();
          values.push(f);
        }
        ensure(new Set(values).size > 1, () => `every linearization gives ${values[0]}: no noise is seen`);
      },
      slopingProblems({ layers, noise: true }),
    ),

    about('modules', [...basic, 'value', 'gradient', 'move'], async ({ problem, oracle, net, start, w }, step) => {
      if (options.modules === false) throw new NotApplicable('it knows no modules');
      const g = net.gradient(start);
      const scales = scalesOf({ problem }, net, start);
      for (const name of problem.modules) {
        const wanted = { modules: [name] };
        const part = inModules(problem, g, [name]);
        const { squaredGradientNorm } = await oracle.linearize(wanted);
        const what = `linearize({ modules: ['${name}'] })`;
        ensureClose(squaredGradientNorm, dot(part, part), tolerance.exact, `|g|^2 of ${what}`, scales.gradient ** 2);
        await oracle.abandon?.();
        await oracle.finish?.();
        const there = await reached(testing, problem, step, async (other) => other.linearize(wanted));
        const others = problem.modules.filter((other) => other !== name);
        ensureSame(inModules(problem, there, others), inModules(problem, await w(), others), `the other modules' parameters after ${what} and move(${step})`); // prettier-ignore
      }
    }),

    checkOnce(promised('small-answers'), [...basic, 'move'], async () => {
      const problem = wideProblem(layers);
      const P = problem.weights.flat(2).length;
      await posing(testing, problem, async ({ oracle }) => {
        for (const [question, args] of questionsFor(problem)) {
          if (typeof oracle[question] !== 'function') continue;
          const ask = oracle[question] as (...about: readonly unknown[]) => unknown;
          const answer: unknown = await ask.call(oracle, ...args);
          try {
            structuredClone(answer);
          } catch (error) {
            throw new Finding(`the answer to '${question}' cannot be cloned: ${(error as Error).message}`);
          }
          ensure(sizeOf(answer) < P, () => `the answer to '${question}' has ${sizeOf(answer)} entries, of ${P} parameters: ${shown(answer)}`); // prettier-ignore
        }
      });
    }),
  ];
}

/** Every question that moves, by a step. */
const moves: Readonly<Record<string, (oracle: Required<AnyOracle>, step: number) => unknown>> = {
  move: (oracle, step) => oracle.move(step),
  moveAlong: (oracle, step) => oracle.moveAlong('gradient', step),
  moveHeavyBall: (oracle, step) => oracle.moveHeavyBall(step, 0.5),
  moveNesterov: (oracle, step) => oracle.moveNesterov(step, 0.5),
  async moveExtragradient(oracle, step) {
    await oracle.probeGradient(0.5);
    return oracle.moveExtragradient(step);
  },
};

/** Steps of linearize(request), move(0.25), and what they answered. */
async function steps(oracle: AnyOracle, count: number, request: LinearizeRequest): Promise<Linearization[]> {
  const seen: Linearization[] = [];
  for (let k = 0; k < count; k++) {
    seen.push(await oracle.linearize(request));
    await oracle.move(0.25);
    await oracle.finish?.();
  }
  return seen;
}

/** How fast f may change along d: per unit of the step, in units of its own scale. */
export function reachOf({ problem, start }: Posed, d: ArrayLike<number>): number {
  return norm(d) * (1 + norm(problem.inputs.flat())) * (1 + norm(start)) + Number.MIN_VALUE;
}

function answersAll(oracle: Posed['oracle'], questions: readonly (keyof Posed['oracle'] & string)[]): void {
  for (const question of questions) {
    try {
      answering(oracle, question);
    } catch (error) {
      throw new Finding((error as Error).message);
    }
  }
}

/** Every question but those about J itself, which is for small models; in an order that is in order. */
function questionsFor({ inputs, targets, modules }: Posed['problem']): [keyof Posed['oracle'], readonly unknown[]][] {
  const [rows, columns] = [inputs.length, targets[0]!.length];
  const u = { rows, columns, data: new Float64Array(rows * columns).fill(0.5) };
  return [
    ['linearize', []],
    ['probe', [0.25]],
    ['direction', ['gradient']],
    ['direction', ['momentum']],
    ['probeAlong', ['preconditioned', 0.25]],
    ['probeGradient', [0.25]],
    ['sampleLosses', []],
    ['dimensions', []],
    ['loss', []],
    ['outputs', []],
    ['lossGradient', []],
    ['lossHessianFactor', []],
    ['kernel', []],
    ['kernelProduct', [u]],
    ['modules', []],
    ['moduleKernels', [{ modules, along: 'loss' }]],
    ['displacementProduct', []],
    ['pullback', [u]],
    ['sizes', []],
    ['largestSquaredColumn', []],
    ['probeOutputs', [0.25]],
    ['linearize', []],
    ['move', [0.125]],
  ];
}
