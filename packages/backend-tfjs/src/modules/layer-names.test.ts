import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { filters, heads, layers, modulesOf } from '../index.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

const conv = (name: string, inputShape?: number[]) =>
  tf.layers.conv2d({ filters: 2, kernelSize: 1, name, ...(inputShape && { inputShape }) });
const model = (): tf.Sequential =>
  tf.sequential({
    layers: [
      conv('conv1', [3, 3, 1]),
      conv('conv10'),
      conv('conv.1'),
      tf.layers.flatten(),
      tf.layers.dense({ units: 2, name: 'top' }),
    ],
  });
const count = (modules: Readonly<Record<string, readonly unknown[]>>): Record<string, number> =>
  Object.fromEntries(Object.entries(modules).map(([name, members]) => [name, members.length]));

describe('layers and filters go by the names of layers', () => {
  it('as a whole, not by a part of them', () => {
    expect(count(modulesOf(model(), [layers('conv1')]))).toEqual({ conv1: 2 });
    expect(count(modulesOf(model(), [layers('conv.1')]))).toEqual({ 'conv.1': 2 });
    expect(count(modulesOf(model(), [layers(['conv1', 'top'])]))).toEqual({ conv1: 2, top: 2 });
    expect(count(modulesOf(model(), [filters('conv1')]))).toEqual({ 'conv1/filter0': 2, 'conv1/filter1': 2 });
  });

  it('by a pattern of the layer or of the parameter, by the name of a parameter, by a function', () => {
    expect(Object.keys(modulesOf(model(), [layers(/^conv\d+$/)]))).toEqual(['conv1', 'conv10']);
    expect(Object.keys(modulesOf(model(), [layers(/kernel$/)]))).toEqual(['conv1', 'conv10', 'conv.1', 'top']);
    expect(count(modulesOf(model(), [filters('conv1/kernel')]))).toEqual({ 'conv1/filter0': 1, 'conv1/filter1': 1 });
    expect(count(modulesOf(model(), [layers(({ layer }) => layer === 'top')]))).toEqual({ top: 2 });
  });

  it.each<[string, () => unknown, string]>([
    ['a part of a name', () => layers('conv'), "names 'conv', which is not among"],
    ['one unknown of several', () => filters(['conv1', 'nope']), "names 'nope'"],
    ['no name', () => layers('' as never), 'a name, names, a pattern'],
    ['a number', () => filters(3 as never), 'fits no parameter'],
  ])('refuse %s', (_, rule, message) => {
    expect(() => modulesOf(model(), [rule() as never])).toThrow(message);
  });

  it('layers of the same name in nested models have the names of these too; a shared layer is one', () => {
    const inner = (name: string): tf.Sequential =>
      tf.sequential({ name, layers: [tf.layers.dense({ units: 3, name: 'dense', inputShape: [3] })] });
    const [left, right] = [inner('left'), inner('right')];
    const input = tf.input({ shape: [3] });
    const shared = tf.layers.dense({ units: 3, name: 'shared' });
    const out = tf.layers
      .add()
      .apply([
        left.apply(shared.apply(input)) as tf.SymbolicTensor,
        right.apply(shared.apply(input)) as tf.SymbolicTensor,
      ]) as tf.SymbolicTensor;
    const whole = tf.model({ inputs: input, outputs: out });
    expect(count(modulesOf(whole, [layers()]))).toEqual({ shared: 2, 'left/dense': 2, 'right/dense': 2 });
    expect(Object.keys(modulesOf(whole, [layers('left/dense')]))).toEqual(['left/dense']);
    expect(() => modulesOf(whole, [layers('dense')])).toThrow("names 'dense', which is not among");
  });
});

describe('heads without within', () => {
  const named = (names: readonly string[]) => names.map((name) => ({ name, variable: tf.variable(tf.zeros([4, 4])) }));
  const options = { count: 2, projections: /[QKV]$/, output: /O$/ };
  it('are those of one layer', () => {
    const modules = modulesOf(named(['a/Q', 'a/K', 'a/V', 'a/O', 'b/Q', 'b/K', 'b/V', 'b/O']), [heads(options)]);
    expect(count(modules)).toEqual({ 'a/head0': 4, 'a/head1': 4, 'b/head0': 4, 'b/head1': 4 });
  });
  it('are refused where the parameters of one attention are in different layers', () => {
    const message = 'heads.within is "absent": it takes a pattern whose first group is the same text for all';
    expect(() => modulesOf(named(['Q', 'K', 'V', 'O']), [heads(options)])).toThrow(message);
    expect(() => modulesOf(named(['Q', 'K', 'V']), [heads({ count: 2, projections: /[QKV]$/ })])).toThrow(message);
    expect(() => modulesOf(named(['a/Q', 'a/K', 'b/O']), [heads(options)])).toThrow(message);
    const dense = (name: string) => tf.layers.dense({ units: 4, name, ...(name === 'q' && { inputShape: [4] }) });
    const model = tf.sequential({ layers: ['q', 'k', 'o'].map(dense) });
    expect(() => modulesOf(model, [heads({ count: 2, projections: /^[qk]\/kernel/, output: /^o\/kernel/ })])).toThrow(
      message,
    );
    expect(
      Object.keys(
        modulesOf(model, [
          heads({ count: 2, projections: /^[qk]\/kernel/, output: /^o\/kernel/, within: /\/(kernel)/ }),
        ]),
      ),
    ).toEqual(['kernel/head0', 'kernel/head1']);
  });
  it('one fused matrix without a layer is enough', () => {
    const [one] = named(['QKV']);
    const modules = modulesOf(
      [{ name: 'QKV', variable: tf.variable(tf.zeros([4, 12])) }],
      [heads({ count: 2, fused: 'QKV' })],
    );
    expect(count(modules)).toEqual({ 'QKV/head0': 3, 'QKV/head1': 3 });
    expect(one!.name).toBe('QKV');
  });
});
