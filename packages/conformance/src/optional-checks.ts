import type { DirectionName } from '@overparam/core';
import { type Check } from './check.ts';
import { basic, reachOf } from './line-checks.ts';
import { answering, posing, reached, scalesOf, type Posed } from './posed.ts';
import { derivative, ensureClose } from './precision.ts';
import { ensure } from './promise-broken.ts';
import { ensureSame } from './same.ts';
import type { Testing } from './test-backend.ts';
import type { AnyOracle } from './subject.ts';
import { dot, norm, plus } from './vector.ts';

const names: readonly DirectionName[] = ['gradient', 'preconditioned', 'momentum'];
const line: readonly string[] = [...basic, 'value', 'gradient', 'move', 'probe-stays'];

/** Tests of the optional questions about a line, where they are answered. */
export function optionalChecks(testing: Testing): Check[] {
  const { about, tolerance } = testing;
  const { exact } = tolerance;
  /** Of a point reached by a vector of about this length. */
  const scaleOf = (posed: Posed, ...vectors: Float64Array[]): number =>
    scalesOf(posed, posed.net, posed.start).parameters + vectors.reduce((sum, v) => sum + norm(v), 0);

  return [
    about('direction', line, async (posed) => {
      const { oracle, net, start } = posed;
      const asked = answering(oracle, 'direction');
      await oracle.linearize();
      const g = net.gradient(start);
      const { gradient } = scalesOf(posed, net, start);
      const along = await asked.direction('gradient');
      ensureClose(along.slope, -dot(g, g), exact, "the slope of direction('gradient')", gradient ** 2);
      ensureClose(along.squaredNorm, dot(g, g), exact, "the squaredNorm of direction('gradient')", gradient ** 2);
      for (const name of names) {
        const { slope, squaredNorm } = await asked.direction(name);
        ensure(
          slope ** 2 <= (1 + 8 * exact) * dot(g, g) * squaredNorm + exact * gradient ** 2,
          () => `direction('${name}') has <g, v> = ${slope} and |v|^2 = ${squaredNorm}, where |g|^2 is ${dot(g, g)}`,
        );
      }
    }),

    about('probe-along', [...line, 'direction'], async (posed, step) => {
      const { oracle, net, start, w } = posed;
      const asked = answering(oracle, 'direction', 'probeAlong');
      const { value: f } = await oracle.linearize();
      const scales = scalesOf(posed, net, start);
      for (const name of names) {
        const { slope, squaredNorm } = await asked.direction(name);
        const phi = (t: number): number | PromiseLike<number> => asked.probeAlong(name, t);
        ensureClose(await phi(0), f, exact, `probeAlong('${name}', 0), beside f`, scales.value);
        const reach = reachOf(posed, [Math.sqrt(squaredNorm)]);
        const measured = await derivative(phi, tolerance.difference / reach);
        ensureClose(slope, measured, tolerance.differential, `the slope of direction('${name}'), beside the derivative of probeAlong`, scales.value * reach); // prettier-ignore
      }
      const g = net.gradient(start);
      const there = plus(start, -step, g);
      const what = `probeAlong('gradient', ${step})`;
      ensureClose(await asked.probeAlong('gradient', step), net.value(there), exact, what, scalesOf(posed, net, there).value); // prettier-ignore
      ensureClose(await w(), start, exact, 'the parameters after probeAlong');
    }),

    about('move-along', [...line, 'direction', 'probe-along'], async (posed, step) => {
      const { problem, net, start } = posed;
      answering(posed.oracle, 'direction', 'probeAlong', 'moveAlong');
      const g = net.gradient(start);
      for (const name of names)
        await posing(testing, problem, async ({ oracle, w }) => {
          const asked = answering(oracle);
          await oracle.linearize();
          const { slope, squaredNorm } = await asked.direction(name);
          const probed = await asked.probeAlong(name, step);
          await asked.moveAlong(name, step);
          const there = await w();
          const v = plus(there, -1, start);
          const what = `w' - w after moveAlong('${name}', ${step})`;
          const scale = scaleOf(posed, v) * (1 + norm(v));
          ensureClose(dot(v, v), step ** 2 * squaredNorm, exact, `|v|^2 of ${what}`, scale);
          ensureClose(
            dot(g, v),
            step * slope,
            exact,
            `<g, v> of ${what}`,
            scale * scalesOf(posed, net, start).gradient,
          );
          if (name === 'gradient')
            ensureClose(
              v,
              g.map((x) => -step * x),
              exact,
              what,
              scaleOf(posed, g),
            );
          ensureClose(probed, net.value(there), exact, `probeAlong, beside f after it,`, scalesOf(posed, net, there).value); // prettier-ignore
        });
    }),

    about('probe-gradient', [...line, 'probe'], async (posed, step) => {
      const { problem, oracle, net, start, w } = posed;
      const asked = answering(oracle, 'probeGradient');
      const there = await reached(testing, problem, step);
      const d = plus(await reached(testing, problem, 1), -1, start);
      await oracle.linearize();
      const probed = await oracle.probe(step);
      const trial = await asked.probeGradient(step);
      const [g, after] = [net.gradient(start), net.gradient(there)];
      const change = plus(after, -1, g);
      const { value, gradient } = scalesOf(posed, net, there);
      const steep = (gradient + scalesOf(posed, net, start).gradient) ** 2;
      const what = `of probeGradient(${step})`;
      ensureClose(trial.value, net.value(there), exact, `the value ${what}`, value);
      ensureClose(trial.slope, dot(after, d), exact, `the slope ${what}`, gradient * scaleOf(posed, d) * 2);
      ensureClose(trial.squaredGradientNorm, dot(after, after), exact, `|g|^2 ${what}`, steep);
      ensureClose(trial.squaredGradientChange, dot(change, change), exact, `|g' - g|^2 ${what}`, steep);
      ensureSame(await w(), start, 'the parameters after probeGradient');
      ensureSame(await oracle.probe(step), probed, `probe(${step}) after probeGradient`);
      await oracle.move(step);
      ensureClose(await w(), there, exact, `w after probeGradient, move(${step})`, scaleOf(posed, d));
    }),

    about('move-extragradient', [...line, 'probe-gradient'], async (posed, step) => {
      const { problem, oracle, net, start, w } = posed;
      const asked = answering(oracle, 'probeGradient', 'moveExtragradient');
      const trial = net.gradient(await reached(testing, problem, 0.5));
      await oracle.linearize();
      await asked.probeGradient(0.5);
      const foretold = await oracle.probeExtragradient?.(step);
      await asked.moveExtragradient(step);
      await ensureForetold(posed, foretold, `probeExtragradient(${step})`);
      const scale = scaleOf(posed, trial) + scalesOf(posed, net, start).gradient;
      ensureClose(await w(), plus(start, -step, trial), exact, `w after probeGradient(0.5), moveExtragradient(${step})`, scale); // prettier-ignore
    }),

    about('move-heavy-ball', line, async (posed, step) => {
      const { problem, oracle, start, w } = posed;
      answering(oracle, 'moveHeavyBall');
      const advance = async (other: AnyOracle, times: number): Promise<void> => {
        for (let k = 0; k < times; k++) {
          await other.linearize();
          await answering(other).moveHeavyBall(step, 0.5);
          await other.finish?.();
        }
      };
      let [previous, here] = [start, start];
      for (let k = 0; k < 3; k++) {
        const d = plus(await whole(problem, k, advance), -1, here);
        const expected = plus(plus(here, step, d), 0.5, plus(here, -1, previous));
        await oracle.linearize();
        const foretold = await oracle.probeHeavyBall?.(step, 0.5);
        await answering(oracle).moveHeavyBall(step, 0.5);
        await oracle.finish?.();
        await ensureForetold(posed, foretold, `probeHeavyBall(${step}, 0.5)`);
        [previous, here] = [here, await w()];
        ensureClose(here, expected, exact, `w_${k + 1}, by moveHeavyBall(${step}, 0.5)`, scaleOf(posed, d, here));
      }
    }),

    about('move-nesterov', line, async (posed, step) => {
      const { problem, oracle, start, w } = posed;
      answering(oracle, 'moveNesterov');
      const advance = async (other: AnyOracle, times: number): Promise<void> => {
        for (let k = 0; k < times; k++) {
          await other.linearize();
          await answering(other).moveNesterov(step, -0.5);
          await other.finish?.();
        }
      };
      let [y, here] = [start, start];
      for (let k = 0; k < 3; k++) {
        const d = plus(await whole(problem, k, advance), -1, here);
        const next = plus(here, step, d);
        const expected = plus(next, -0.5, plus(y, -1, next));
        await oracle.linearize();
        const foretold = await oracle.probeNesterov?.(step, -0.5);
        await answering(oracle).moveNesterov(step, -0.5);
        await oracle.finish?.();
        await ensureForetold(posed, foretold, `probeNesterov(${step}, -0.5)`);
        [y, here] = [next, await w()];
        ensureClose(here, expected, exact, `w_${k + 1}, by moveNesterov(${step}, -0.5)`, scaleOf(posed, d, here));
      }
    }),

    about('sample-losses', [...basic, 'value'], async (posed) => {
      const { problem, subject, oracle, net, start } = posed;
      const asked = answering(oracle, 'sampleLosses');
      const batch = subject.batch ? problem.inputs.map((_, n) => n).reverse() : problem.inputs.map((_, n) => n);
      subject.batch?.(batch);
      const { value: f } = await oracle.linearize();
      const { samples, losses } = await asked.sampleLosses();
      ensureSame(samples, batch, 'samples of sampleLosses');
      const all = net.losses(start);
      const { value } = scalesOf(posed, net, start);
      ensureClose(
        losses,
        batch.map((n) => all[n]!),
        exact,
        'losses of sampleLosses',
        value,
      );
      ensureClose(losses.reduce((sum, l) => sum + l, 0) / losses.length, f, exact, 'their mean', value);
    }),
  ];

  /** A probe of an optional question said what f is where the move then went. */
  async function ensureForetold(posed: Posed, foretold: number | undefined, question: string): Promise<void> {
    if (foretold === undefined) return;
    const there = await posed.w();
    const { value } = scalesOf(posed, posed.net, there);
    ensureClose(foretold, posed.net.value(there), exact, `${question}, beside f after the move,`, value);
  }

  /** w + d for the d of another oracle that has come as far. */
  async function whole(
    problem: Posed['problem'],
    times: number,
    advance: (oracle: AnyOracle, times: number) => Promise<void>,
  ): Promise<Float64Array> {
    return reached(testing, problem, 1, async (oracle) => {
      await advance(oracle, times);
      await oracle.linearize();
    });
  }
}
