import { isOverparamError, others } from '@overparam/core';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeTo } from '../../test/close-to.ts';
import { dot, explicitJacobian, gram } from '../../test/explicit-jacobian.ts';
import { seedRandom } from '../../test/seed-random.ts';
import {
  adam,
  compositeOracle,
  filters,
  group,
  heads,
  layers,
  modulesOf,
  oracle,
  type Modules,
  type Outputs,
  type VariableSlice,
} from '../index.ts';

const [N, T, d, H, C] = [4, 3, 8, 2, 3];
const variable = (shape: number[], seed: number, name: string): tf.Variable =>
  tf.tidy(() => tf.variable(tf.randomNormal(shape, 0, 0.5, 'float32', seed), true, name));
const values = (variables: readonly tf.Variable[]): number[][] => variables.map((one) => Array.from(one.dataSync()));
const flat = (variables: readonly tf.Variable[]): number[] => values(variables).flat();

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterEach(() => tf.disposeVariables());

/** One layer of attention with all heads in one tensor, queries, keys and values too where they are `fused`, and a dense layer. */
function attention(fused = false) {
  let seed = 1;
  const make = (name: string, shape: number[]): tf.Variable => variable(shape, seed++, `${name}`);
  const QKV = fused ? [make('attention/QKV', [d, 3 * d])] : ['Q', 'K', 'V'].map((name) => make(`attention/${name}`, [d, d])); // prettier-ignore
  const b = make('attention/bV', [d]);
  const O = make('attention/O', [d, d]);
  const W = make('top/W', [T * d, C]);
  const x = tf.randomNormal([N, T, d], 0, 1, 'float32', 99);
  const y = tf.randomNormal([N, C], 0, 1, 'float32', 98);
  const outputs = (): tf.Tensor2D => {
    const rows = tf.reshape(x, [N * T, d]);
    const all = fused
      ? tf.split(tf.matMul(rows, QKV[0] as never), 3, 1)
      : QKV.map((one) => tf.matMul(rows, one as never));
    const [q, k, v] = [all[0]!, all[1]!, tf.add(all[2]!, b)].map((one) =>
      tf.transpose(tf.reshape(one, [N, T, H, d / H]), [0, 2, 1, 3]),
    ) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const mixed = tf.matMul(tf.softmax(tf.matMul(q, k, false, true)), v);
    const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [N * T, d]);
    return tf.matMul(tf.reshape(tf.matMul(joined, O as never), [N, T * d]), W as never);
  };
  const variables = [...QKV, b, O, W];
  const modules = modulesOf(variables, [
    heads({
      count: H,
      within: /^(attention)\//,
      ...(fused ? { fused: /QKV/, projections: 'attention/bV' } : { projections: /\/([QKV]|bV)$/ }),
      output: /\/O$/,
    }),
  ]);
  const loss = (f: Outputs): tf.Tensor => tf.losses.meanSquaredError(y, f as tf.Tensor);
  return { variables, modules, outputs, loss };
}

/** For each parameter, whether it is the module's. */
function mask(variables: readonly tf.Variable[], members: Modules[string]): boolean[] {
  return variables.flatMap((one) => {
    const inside = new Float32Array(one.size);
    for (const member of members) {
      const slice = 'axis' in member ? member : undefined;
      if ((slice?.variable ?? member) !== one) continue;
      if (!slice) inside.fill(1);
      else {
        const inner = one.shape.slice(slice.axis + 1).reduce((product, n) => product * n, 1);
        inside.forEach((_, i) => {
          const at = Math.floor(i / inner) % one.shape[slice.axis]!;
          if (at >= slice.start && at < slice.start + slice.size) inside[i] = 1;
        });
      }
    }
    return Array.from(inside, Boolean);
  });
}
const within = (J: readonly Float64Array[], inside: readonly boolean[]): Float64Array[] =>
  J.map((row) => row.filter((_, i) => inside[i]!));

describe.each([false, true])('slices of one tensor are modules, fused: %s', (fused) => {
  it('kernels, products, pullbacks and rows are those of their columns of the Jacobian', async () => {
    const { variables, modules, outputs, loss } = attention(fused);
    const J = explicitJacobian(outputs, variables);
    const before = tf.memory().numTensors;
    const o = compositeOracle({ outputs, loss, variables, modules });
    const names = await o.modules();
    expect(names).toEqual(['attention/head0', 'attention/head1', others]);
    const inside = names.map((name) =>
      name === others
        ? mask(variables, Object.values(modules).flat()).map((is) => !is)
        : mask(variables, modules[name]!),
    );
    const kernels = await o.moduleKernels();
    const gL = (await o.lossGradient()).data;
    const along = await o.moduleKernels({ along: 'loss', samples: [2, 0] });
    const U = { rows: N, columns: C, data: Float64Array.from({ length: N * C }, (_, i) => Math.cos(i)) };
    for (const [m, name] of names.entries()) {
      const Jm = within(J, inside[m]!);
      const K = gram(Jm);
      const P = inside[m]!.filter(Boolean).length;
      expect((await o.dimensions({ modules: [name] })).parameters).toBe(P);
      closeTo(kernels[m]!.data, K.flat());
      closeTo((await o.kernel({ modules: [name], samples: [3, 1] })).data, [3, 1].flatMap((n) => [0, 1, 2].flatMap((k) => [3, 1].flatMap((m) => [0, 1, 2].map((j) => K[n * C + k]![m * C + j]!))))); // prettier-ignore
      closeTo(
        (await o.jacobian({ modules: [name] })).data,
        Jm.flatMap((row) => Array.from(row)),
      );
      closeTo(
        (await o.kernelProduct(U, { modules: [name] })).data,
        K.map((row) => dot(row, U.data)),
      );
      const contracted = [2, 0].map((n) =>
        Jm[0]!.map((_, p) => [0, 1, 2].reduce((sum, k) => sum + gL[n * C + k]! * Jm[n * C + k]![p]!, 0)),
      );
      closeTo(along[m]!.data, gram(contracted).flat());
      const squares = Jm[0]!.map((_, p) => Jm.reduce((sum, row) => sum + row[p]! ** 2, 0));
      closeTo([await o.largestSquaredColumn({ modules: [name] })], [Math.max(...squares)]);
      const scaling = { min: 0.3, max: 2 };
      const D = squares.map((x) => Math.min(Math.max(x, 0.3), 2));
      closeTo(
        (await o.kernel({ modules: [name], scaling })).data,
        gram(Jm.map((row) => row.map((x, i) => x / Math.sqrt(D[i]!)))).flat(),
      );
    }
    const w0 = flat(variables);
    await o.pullback(U, { modules: ['attention/head1'] });
    await o.move(0.125);
    await o.finish!();
    const moved = flat(variables).map((x, i) => (x - w0[i]!) / 0.125);
    closeTo(
      moved,
      moved.map((_, i) => (inside[1]![i] ? J.reduce((sum, row, r) => sum + row[i]! * U.data[r]!, 0) : 0)),
    );
    moved.forEach((x, i) => expect(inside[1]![i] || x === 0).toBe(true));
    o.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(['closure', 'composite'])(
    'linearize and move of the %s oracle: the true gradient in them, to the bit nothing in others',
    async (kind) => {
      const { variables, modules, outputs, loss } = attention(fused);
      const f = (): tf.Scalar => tf.tidy(() => loss(outputs()) as tf.Scalar);
      const { grads } = tf.variableGrads(f, variables);
      const g = variables.flatMap(({ name }) => Array.from(grads[name]!.dataSync()));
      tf.dispose(grads);
      const before = tf.memory().numTensors;
      const o =
        kind === 'closure' ? oracle(f, { variables, modules }) : compositeOracle({ outputs, loss, variables, modules });
      const inside = mask(variables, modules['attention/head0']!);
      const w0 = flat(variables);
      const { slope } = await o.linearize({ modules: ['attention/head0'] });
      closeTo([slope], [-g.reduce((sum, x, i) => sum + (inside[i] ? x * x : 0), 0)]);
      const probed = await o.probe(0.25);
      await o.move(0.25);
      await o.finish!();
      closeTo(
        flat(variables).map((x, i) => (w0[i]! - x) / 0.25),
        g.map((x, i) => (inside[i] ? x : 0)),
      );
      flat(variables).forEach((x, i) => expect(inside[i] || x === w0[i]).toBe(true));
      closeTo([probed], [tf.tidy(() => f().dataSync()[0]!)]);
      // Two forward passes; of Q, K and V the head's columns, of O its rows.
      const forward = 2 * N * T * (4 * d * d + 2 * T * d + d * C);
      const { forward: done, weightGradients, kernels } = await o.work();
      expect({ done, weightGradients, kernels }).toEqual({ done: 2 * forward, weightGradients: 8 * N * T * d * (d / H), kernels: 0 }); // prettier-ignore
      o.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

describe('what a slice has of its own', () => {
  /** Three columns, each with its own gradient: Adam of each must be Adam of a variable that it is alone. */
  const columns = () => {
    const W = variable([2, 3], 1, 'W');
    const t = tf.randomNormal([2, 3], 0, 1, 'float32', 5);
    const loss = (): tf.Scalar => tf.tidy(() => tf.sum(tf.pow(tf.sub(W, t), 4)) as tf.Scalar);
    const slice = (start: number, size = 1): VariableSlice => ({ variable: W, axis: 1, start, size });
    return { W, t, loss, modules: { a: [slice(0)], b: [slice(1)] } };
  };

  it('moments and step counts: each column follows the Adam that it would follow alone', async () => {
    const { W, t, loss, modules } = columns();
    const w0 = Array.from(W.dataSync());
    const o = oracle(loss, { variables: [W], modules, direction: 'adam' });
    const schedule = [undefined, ['a'], ['a', others], ['b'], undefined, ['a', 'b'], [others], undefined];
    let saved: ReturnType<typeof o.save> | undefined;
    let resumed: typeof o | undefined;
    for (const [k, wanted] of schedule.entries()) {
      if (k === 5) {
        // Goes on in another oracle, from what was saved.
        saved = o.save();
        resumed = oracle(loss, { variables: [W], modules, direction: adam() });
        await resumed.restore(saved);
      }
      const now = resumed ?? o;
      const before = Array.from(W.dataSync());
      await now.linearize(wanted && { modules: wanted });
      await now.move(0.01);
      await now.finish!();
      const rests = (column: number): boolean => wanted !== undefined && !wanted.includes(['a', 'b', others][column]!);
      W.dataSync().forEach((x, i) => expect(!rests(i % 3) || x === before[i]).toBe(true));
    }
    const targets = t.dataSync();
    const alone = (column: number): number[] => {
      const steps = schedule.filter((wanted) => !wanted || wanted.includes(['a', 'b', others][column]!)).length;
      return [0, 1].map((row) => {
        let [w, m, v] = [w0[row * 3 + column]!, 0, 0];
        for (let k = 1; k <= steps; k++) {
          const g = 4 * (w - targets[row * 3 + column]!) ** 3;
          m = 0.9 * m + 0.1 * g;
          v = 0.999 * v + 0.001 * g * g;
          w -= (0.01 * (m / (1 - 0.9 ** k))) / (Math.sqrt(v / (1 - 0.999 ** k)) + 1e-8);
        }
        return w;
      });
    };
    const w = W.dataSync();
    for (const column of [0, 1, 2]) closeTo([w[column]!, w[3 + column]!], alone(column));
    o.dispose();
    resumed!.dispose();
    // Moments of slices along one axis are of no use to slices along another.
    const other = oracle(loss, { variables: [W], modules: { rows: [{ variable: W, axis: 0, start: 0, size: 1 }] }, direction: 'adam' }); // prettier-ignore
    const again = oracle(loss, { variables: [W], modules, direction: 'adam' });
    await again.linearize({ modules: ['a'] });
    await again.move(0.1);
    await again.finish!();
    await other.restore(again.save());
    expect(() => other.linearize({ modules: ['rows'] })).toThrow(expect.objectContaining({ code: 'STATE_MISMATCH' }));
    other.dispose();
    again.dispose();
  });

  it('points before: what rests has moved by 0', async () => {
    const { W, loss, modules } = columns();
    const o = oracle(loss, { variables: [W], modules });
    await o.linearize();
    await o.moveHeavyBall(0.01, 0.5);
    await o.finish!();
    const [w1] = values([W]);
    await o.linearize({ modules: ['b'] });
    await o.moveHeavyBall(0, 0.5);
    await o.finish!();
    const [w2] = values([W]);
    w2!.forEach((x, i) => expect(i % 3 === 1 || x === w1![i]).toBe(true));
    expect(w2).not.toEqual(w1);
    await o.linearize();
    await o.moveHeavyBall(0, 1);
    await o.finish!();
    const [w3] = values([W]);
    closeTo(
      w3!,
      w2!.map((x, i) => (i % 3 === 1 ? 2 * x - w1![i]! : x)),
    );
    o.dispose();
  });
});

it.each(['valid', 'same'] as const)(
  'filters of convolutions are modules: kernels and gradients of their channels, padding %s',
  async (padding) => {
    const conv = (name: string, units: number): tf.layers.Layer =>
    tf.layers.conv2d({ filters: units, kernelSize: 2, padding, activation: 'tanh', name, inputShape: [5, 5, 2], biasInitializer: 'randomNormal' }); // prettier-ignore
    const model = tf.sequential({
      layers: [conv('lower', 3), conv('upper', 4), tf.layers.flatten(), tf.layers.dense({ units: 2, name: 'top' })],
    });
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const x = tf.randomNormal([N, 5, 5, 2], 0, 1, 'float32', 1);
    const outputs = (): tf.Tensor2D => model.apply(x) as tf.Tensor2D;
    const loss = (f: Outputs): tf.Tensor => tf.mean(tf.square(f as tf.Tensor));
    // The channels that come into the upper convolution are slices too.
    const incoming: VariableSlice = { variable: variables[2]!, axis: 2, start: 1, size: 2 };
    for (const modules of [
      modulesOf(model, [filters(({ layer }) => layer !== 'top'), layers(/top/)]),
      { incoming: [incoming] } as Modules,
    ]) {
      const J = explicitJacobian(outputs, variables);
      const o = compositeOracle({ outputs, loss, variables, modules });
      const closure = oracle(() => tf.tidy(() => loss(outputs()) as tf.Scalar), { variables, modules });
      const names = Object.keys(modules).filter((name) => !/filter[02]/.test(name));
      const kernels = await o.moduleKernels({ modules: names });
      const gL = (await o.lossGradient()).data;
      await o.abandon!();
      const full = (await o.linearize(), await o.abandon!(), await o.work()).weightGradients;
      for (const [m, name] of names.entries()) {
        const Jm = within(J, mask(variables, modules[name]!));
        closeTo(kernels[m]!.data, gram(Jm).flat());
        const g = Jm[0]!.map((_, p) => Jm.reduce((sum, row, i) => sum + gL[i]! * row[p]!, 0));
        for (const one of [o, closure]) {
          const before = (await one.work()).weightGradients;
          const { squaredGradientNorm } = await one.linearize({ modules: [name] });
          closeTo([squaredGradientNorm], [dot(g, g)]);
          // Of the channels alone.
          const [of, share] = name === 'incoming' ? [2, 2 / 3] : name.startsWith('lower') ? [0, 1 / 3] : [2, 1 / 4];
          const positions = variables[of]!.size * N * (padding === 'same' ? 25 : of === 0 ? 16 : 9);
          if (name !== 'top') expect((await one.work()).weightGradients - before).toBeCloseTo(2 * positions * share, 6);
          await one.abandon!();
        }
      }
      expect(full).toBeGreaterThan(0);
      o.dispose();
      closure.dispose();
    }
  },
);

describe('modulesOf', () => {
  const network = (): tf.Sequential =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 2, kernelSize: 2, inputShape: [4, 4, 1], name: 'conv' }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 3, name: 'hidden' }),
        tf.layers.dense({ units: 2, name: 'top' }),
      ],
    });
  const shapeOf = (member: Modules[string][number]): unknown =>
    'axis' in member ? [member.axis, member.start, member.size] : member.shape;

  it('layers, filters, and groups by name, names, pattern and predicate', () => {
    seedRandom(1);
    const model = network();
    expect(Object.keys(modulesOf(model, [layers()]))).toEqual(['conv', 'hidden', 'top']);
    const some = modulesOf(model, [
      filters(({ layer }) => layer === 'conv'),
      layers(/^hidden/),
      group('out', ({ variable: { rank }, layer }) => layer === 'top' && rank === 2),
      group('out', 'top/bias'),
    ]);
    expect(Object.fromEntries(Object.entries(some).map(([name, members]) => [name, members.map(shapeOf)]))).toEqual({
      'conv/filter0': [[3, 0, 1], [0, 0, 1]], // prettier-ignore
      'conv/filter1': [[3, 1, 1], [0, 1, 1]], // prettier-ignore
      hidden: [[18, 3], [3]],
      out: [[3, 2], [2]],
    });
    expect(Object.keys(modulesOf(model, [group(/^(conv|top)\//)]))).toEqual(['conv', 'top']);
  });

  it('heads that have an axis of their own, and experts', () => {
    const variables = [
      ['a/query', [d, H, 4]],
      ['a/bias', [H, 4]],
      ['a/output', [H, 4, d]],
      ['experts/expert0/W', [d, d]],
      ['experts/expert1/W', [d, d]],
    ].map(([name, shape], i) => ({ name: name as string, variable: variable(shape as number[], i + 1, `v${i}`) }));
    const made = modulesOf(variables, [
      heads({ count: H, projections: ['a/query', 'a/bias'], output: 'a/output' }),
      group(/^experts\/(expert\d+)\//),
    ]);
    expect(Object.keys(made)).toEqual(['a/head0', 'a/head1', 'expert0', 'expert1']);
    expect(made['a/head1']!.map(shapeOf)).toEqual([[1, 1, 1], [0, 1, 1], [0, 1, 1]]); // prettier-ignore
  });

  it('refuses what overlaps, is empty, is unknown or is out of range, by its name', () => {
    const [W, V, F] = [variable([4, 6], 1, 'W'), variable([2], 2, 'V'), variable([2], 3, 'F')];
    const slice = (start: number, size: number, axis = 1): VariableSlice => ({ variable: W, axis, start, size });
    const loss = (): tf.Scalar => tf.sum(tf.concat([tf.reshape(W, [-1]), V])) as tf.Scalar;
    const made = (modules: Modules) => oracle(loss, { variables: [W, V], modules });
    const refusals: [() => unknown, string, RegExp][] = [
      [() => made({ a: [W], b: [V, W] }), 'MODULES_OVERLAP', /'W' is in the modules 'a' and 'b'/],
      [() => made({ a: [slice(0, 3)], b: [slice(2, 1)] }), 'MODULES_OVERLAP', /'W' \(axis 1, 2 to 2\) is in the modules 'a' \(axis 1, 0 to 2\) and 'b'/], // prettier-ignore
      [() => made({ a: [slice(0, 3)], b: [slice(0, 1, 0)] }), 'MODULES_OVERLAP', /'W'/],
      [() => made({ a: [] }), 'BAD_OPTION', /modules\['a'\] is "empty"/],
      [() => made({}), 'BAD_OPTION', /modules is "{}"/],
      [() => made({ [others]: [W] }), 'BAD_OPTION', /others/],
      [() => made({ a: [slice(4, 3)] }), 'BAD_OPTION', /modules\['a'\], the slice of 'W' is "3 from 4 on"/],
      [() => made({ a: [slice(0, 1, 2)] }), 'BAD_OPTION', /an axis from 0 to 1/],
      [() => made({ a: [F] }).linearize({ modules: ['a'] }), 'UNKNOWN_PARAMETER', /'a' has the variable 'F'/],
      [() => made({ a: [W] }).linearize({ modules: ['b'] }), 'BAD_OPTION', /names among a, others/],
      [
        () => modulesOf([W, V], [group(/^X/)]),
        'EMPTY_MODULE',
        /group fits no parameter \(\/\^X\/\): the parameters are W, V/,
      ],
      [() => modulesOf([W, V], [group('x', ['W', 'X'])]), 'UNKNOWN_PARAMETER', /names 'X'/],
      [() => modulesOf([W], [heads({ count: 5, projections: 'W' })]), 'BAD_OPTION', /heads.count is 5: it takes a number that divides the 6 indices of axis 1 of 'W'/], // prettier-ignore
      [() => modulesOf([W], [layers(), group(/W/)]), 'MODULES_OVERLAP', /'W'/],
      [() => modulesOf(tf.sequential() as never, [layers()]), 'NOT_BUILT', /no weights yet/],
    ];
    for (const [body, code, message] of refusals) {
      let error: unknown;
      try {
        body();
      } catch (caught) {
        error = caught;
      }
      expect(isOverparamError(error) && error.code).toBe(code);
      expect((error as Error).message).toMatch(message);
    }
  });
});
