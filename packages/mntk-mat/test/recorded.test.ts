import { run } from '@overparam/core';
import { describe, expect, it } from 'vitest';
import { mat, spectraOf, type Spectrum } from '@overparam/mntk-mat';
import { gradientDescent } from './gradient-descent.ts';
import { packed, recorded, recordedOracle, recording, type Recording } from './recorded.ts';

const note = recorded ? '' : ' (skipped: no recorded kernels beside the repository)';

const near = (actual: number | null | undefined, expected: number, what: string): void =>
  expect(Math.abs(actual! - expected), what).toBeLessThanOrEqual(1e-9 * Math.abs(expected));

const agree = (spectrum: Spectrum, expected: Recording['total'], what: string): void => {
  for (const figure of ['lambda_max', 'trace', 'effective_rank'] as const)
    near(spectrum[figure], expected[figure], `${figure} of ${what}`);
};

describe.skipIf(!recorded)(`the recorded network${note}`, () => {
  it('has the recorded outputs and kernels', () => {
    const { outputs, modules } = recording();
    const oracle = recordedOracle(recording());
    outputs.flat().forEach((f, i) => near(oracle.outputs().data[i], f, `output ${i}`));
    for (const [name, { kernel }] of Object.entries(modules)) {
      const { data } = oracle.kernel({ modules: [name] });
      kernel.flat().forEach((x, i) => expect(Math.abs(data[i]! - x), name).toBeLessThanOrEqual(1e-12));
    }
  });

  it.each(['full', 'sum', 'trace'] as const)('has the recorded spectra, contraction %s', async (contraction) => {
    const { modules } = recording();
    const found = await spectraOf(recordedOracle(recording()), { contraction });
    expect(found).toMatchObject({ contraction, samples: 10 });
    expect(found.modules.map(({ module }) => module)).toEqual(Object.keys(modules));
    for (const spectrum of found.modules) {
      const { [spectrum.module]: whole } = modules;
      const then = { full: whole!, sum: whole!.sum_over_outputs, trace: whole!.trace_over_outputs }[contraction];
      agree(spectrum, then, `${spectrum.module}, ${contraction}`);
    }
  });

  it('has the recorded figures of all parameters together', async () => {
    const oracle = recordedOracle(recording());
    const whole = { ...oracle, modules: () => ['all'], moduleKernels: () => [oracle.kernel()] };
    const { modules } = await spectraOf(whole);
    agree(modules[0]!, recording().total, 'all');
  });

  it('is trained by MAT as recorded', () => {
    const { alpha, every, lr, steps, final } = recording().mat_run;
    const method = mat(gradientDescent(lr), { alpha, every, beta: 0, spectra: { contraction: 'full' } });
    const oracle = recordedOracle(recording());
    let state = method.init();
    for (const { k, loss, lambda_max, active } of steps) {
      const step = run(method, oracle, state);
      state = step.state;
      const { inner, selection, trained } = step.report;
      near(inner.value, loss, `loss ${k}`);
      expect(trained ?? ['layer0', 'layer1', 'layer2'], `modules of step ${k}`).toEqual(active);
      expect(selection !== null, `a selection at step ${k}`).toBe(lambda_max !== null);
      for (const { module, lambda_max: lambda } of selection?.spectra.modules ?? [])
        near(lambda, lambda_max![module]!, `lambda_max of ${module} at step ${k}`);
    }
    expect(state).toMatchObject({ step: 40, selections: 8 });
    packed(final).forEach((w, i) => near(oracle.parameters()[i], w, `parameter ${i}`));
  });
});
