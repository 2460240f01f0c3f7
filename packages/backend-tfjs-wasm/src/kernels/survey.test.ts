import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { useWasm } from '../use-wasm.ts';

// Every kernel that has a counterpart on tfjs's cpu backend, on all numeric types, ranks 0 to 6 and sides 0 and 1: each gives
// the same values, or both are errors. `different` lists the operations where the cpu backend is not the reference.

const types = ['float32', 'int32', 'bool'] as const;
type NumericType = (typeof types)[number];
interface Operand {
  readonly values: number[];
  readonly shape: number[];
  readonly dtype: NumericType;
}
type Operation = (...operands: tf.Tensor[]) => tf.Tensor | tf.Tensor[] | object;
interface Case {
  readonly name: string;
  readonly operation: Operation;
  readonly operands: readonly Operand[];
}
interface Result {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: readonly number[];
}

/** Where cpu and wasm differ, and who is right. */
const different: Readonly<Record<string, string>> = {
  abs: 'cpu: abs(-2147483648) does not wrap around to a 32-bit number',
  add: 'cpu: a bool of value 2',
  addN: 'cpu: a bool of value 2',
  sub: 'cpu: a bool of value 255',
  mul: 'cpu: products of integers lose their last bits above 2^53',
  div: 'cpu: a division of bools by 0 is 0',
  matMul: 'cpu: a bool of value 2',
  scatterND: 'cpu: a bool that counts',
  all: 'cpu: false over nothing',
  any: 'ours refuses axes that name one axis twice',
  sum: 'ours refuses axes that name one axis twice',
  prod: 'ours refuses axes that name one axis twice; products of integers wrap around',
  max: 'cpu: NaN or 0 over nothing; ours the neutral element',
  min: 'cpu: NaN or 0 over nothing; ours the neutral element',
  mean: 'cpu: 0 over nothing; ours NaN, as TensorFlow',
  logSumExp: 'cpu: NaN over nothing; ours -Infinity',
  argMax: 'cpu: 0 over nothing, and NaN is never the largest; ours an error, and NaN as in TensorFlow',
  argMin: 'cpu: 0 over nothing, and NaN is never the least; ours an error, and NaN as in TensorFlow',
  atanh: 'cpu: of bools 0 for infinity',
  reciprocal: 'cpu: of bools 0 for infinity',
  expm1: 'cpu: keeps the type of integers and bools; ours float32, as TensorFlow',
  'cast to int32': 'cpu: infinities and large numbers become what JavaScript makes of them; ours the nearest int32',
  cumsum: 'cpu: a number of rank 0 counts as an exclusive sum; bools do not add up',
  cumprod: 'cpu: a number of rank 0 counts as an exclusive product; bools do not multiply',
  floorDiv: 'cpu: floats become int32; ours keeps the type, as TensorFlow',
  squaredDifference: 'cpu: integers do not wrap around at each operation',
  square: 'cpu: integers lose their last bits above 2^53',
  pow: 'cpu: integers do not wrap around at each product',
  sign: 'cpu: sign(NaN) is 0; ours NaN, as IEEE and TensorFlow',
  softmax: 'cpu: an error for rank 0; ours 1',
  topk: 'cpu: NaN has no place in the order',
  unsortedSegmentSum: 'cpu: sums of integers and bools are float32, and float32 sums have double precision',
  where: 'ours refuses a scalar beside an empty tensor; cpu makes one element of nothing',
};

let seed = 1;
/** Uniform in [0, 1) (mulberry32). */
const random = (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const special: Readonly<Record<NumericType, readonly number[]>> = {
  float32: [0, -0, 1, -1, NaN, Infinity, -Infinity, 0.5, -0.5, 1.5, 2.5, 3e9, -3e9, 1e-40, 16777217, 88.8, -105, 1e30],
  int32: [0, 1, -1, 2, -2, 7, -7, 16777217, -16777217, 2147483647, -2147483648, 46341, 3, 100],
  bool: [0, 1],
};
const plain: Readonly<Record<NumericType, () => number>> = {
  float32: () => random() * 4 - 2,
  int32: () => Math.floor(random() * 9) - 4,
  bool: () => Number(random() < 0.5),
};
function operand(shape: number[], dtype: NumericType, isSpecial = false): Operand {
  const one = isSpecial ? () => special[dtype][Math.floor(random() * special[dtype].length)]! : plain[dtype];
  return { values: Array.from({ length: shape.reduce((size, side) => size * side, 1) }, one), shape, dtype };
}

const shapes = [[], [0], [1], [5], [2, 3], [0, 3], [3, 0], [1, 4, 1], [2, 3, 2], [2, 1, 3, 2], [1, 2, 1, 3, 2], [2, 1, 2, 1, 2, 2], [37]]; // prettier-ignore
const pairs = [[[], []], [[5], [5]], [[5], []], [[], [5]], [[2, 3], [3]], [[2, 3], [2, 1]], [[2, 1], [1, 3]], [[0, 3], [3]], [[3, 0], [3, 1]], [[2, 1, 3], [4, 1]], [[1], [0]], [[37], [37]], [[2, 1, 2, 1, 2, 2], [2, 1, 3, 1, 2]]]; // prettier-ignore
const named = (name: string): Operation => (tf as unknown as Record<string, Operation>)[name]!;

function* cases(): Generator<Case> {
  for (const dtype of types)
    for (const isSpecial of [false, true]) {
      const unary = 'abs acos acosh asin asinh atan atanh ceil cos cosh elu erf exp expm1 floor isFinite isInf isNaN leakyRelu log log1p logicalNot neg reciprocal relu relu6 round rsqrt selu sigmoid sign sin sinh softplus sqrt square step tan tanh onesLike zerosLike softmax logSoftmax logSigmoid clone'; // prettier-ignore
      for (const shape of shapes) {
        const x = (): Operand => operand(shape, dtype, isSpecial);
        for (const name of unary.split(' ')) yield { name, operation: named(name), operands: [x()] };
        yield { name: 'clipByValue', operation: (a) => tf.clipByValue(a!, -1, 1), operands: [x()] };
        for (const to of types) yield { name: `cast to ${to}`, operation: (a) => tf.cast(a!, to), operands: [x()] };
        yield { name: 'reverse', operation: (a) => tf.reverse(a!), operands: [x()] };
        const where: Operation = (c, a, b) => tf.where(c!, a!, b!);
        yield { name: 'where', operation: where, operands: [operand(shape, 'bool'), x(), x()] };
        yield { name: 'where', operation: where, operands: [operand(shape, 'bool'), operand([], dtype), x()] };
        yield { name: 'where', operation: where, operands: [operand([], 'bool'), x(), operand([], dtype)] };
        for (const axis of [undefined, 0, -1, 1, [0, 1], [0, 2], [-1, 0]])
          for (const name of ['sum', 'mean', 'max', 'min', 'prod', 'all', 'any', 'argMax', 'argMin', 'logSumExp'])
            for (const keep of [false, true])
              yield { name, operation: (a) => (named(name) as (...all: unknown[]) => tf.Tensor)(a, axis, keep), operands: [x()] }; // prettier-ignore
        for (const name of ['cumsum', 'cumprod'] as const)
          for (const axis of [0, -1, 1, -2])
            for (const exclusive of [false, true])
              for (const backwards of [false, true])
                yield { name, operation: (a) => tf[name](a!, axis, exclusive, backwards), operands: [operand(shape, dtype)] }; // prettier-ignore
        if (shape.length === 0) continue;
        yield { name: 'where', operation: where, operands: [operand(shape.slice(0, 1), 'bool'), x(), x()] };
        for (const k of [Math.min(2, shape.at(-1)!), shape.at(-1)!])
          yield { name: 'topk', operation: (a) => tf.topk(a!, k), operands: [x()] };
        yield { name: 'pad', operation: (a) => tf.pad(a!, shape.map((_, i) => [i % 2, 2] as [number, number]), 1), operands: [x()] }; // prettier-ignore
        for (const mode of ['reflect', 'symmetric'] as const)
          yield { name: 'mirrorPad', operation: (a) => tf.mirrorPad(a!, shape.map((n, i) => (n > 2 ? [i % 2, 2] : [0, 0]) as [number, number]), mode), operands: [x()] }; // prettier-ignore
        for (const axis of [0, -1]) {
          yield {
            name: 'gather',
            operation: (a) => tf.gather(a!, tf.tensor1d([0, 0], 'int32'), axis),
            operands: [x()],
          };
          yield { name: 'gather', operation: (a) => tf.gather(a!, tf.tensor1d([], 'int32'), axis), operands: [x()] };
          yield { name: 'unstack', operation: (a) => tf.unstack(a!, axis), operands: [x()] };
          yield { name: 'split', operation: (a) => tf.split(a!, 1, axis), operands: [x()] };
          yield { name: 'unique', operation: (a) => tf.unique(a!, axis), operands: [x()] };
          yield { name: 'concat', operation: (a, b) => tf.concat([a!, b!], axis), operands: [x(), x()] };
        }
        const rows = Array.from({ length: shape[0]! }, (_, i) => i);
        yield { name: 'unsortedSegmentSum', operation: (a) => tf.unsortedSegmentSum(a!, tf.tensor1d(rows.map((i) => i % 3), 'int32'), 2), operands: [x()] }; // prettier-ignore
        yield { name: 'gatherND', operation: (a) => tf.gatherND(a!, tf.tensor2d([[0], [0]], [2, 1], 'int32')), operands: [x()] }; // prettier-ignore
        yield { name: 'scatterND', operation: (a) => tf.scatterND(tf.tensor2d(rows.map((i) => [i % 2]), [rows.length, 1], 'int32'), a!, [3, ...shape.slice(1)]), operands: [x()] }; // prettier-ignore
        const slices = [[0, shape, 2], [-1, shape.map(() => -10), -1]] as const; // prettier-ignore
        for (const [begin, end, stride] of slices)
          yield { name: 'stridedSlice', operation: (a) => tf.stridedSlice(a!, shape.map(() => begin), [...end], shape.map(() => stride)), operands: [x()] }; // prettier-ignore
        yield { name: 'addN', operation: (a, b) => tf.addN([a!, b!]), operands: [x(), x()] };
        yield { name: 'oneHot', operation: (a) => tf.oneHot(a!, 3), operands: [x()] };
      }
      for (const other of types)
        for (const [a, b] of pairs)
          for (const name of ['add', 'sub', 'mul', 'div', 'divNoNan', 'floorDiv', 'mod', 'pow', 'maximum', 'minimum', 'squaredDifference', 'atan2', 'equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual', 'logicalAnd', 'logicalOr', 'logicalXor', 'bitwiseAnd', 'prelu']) // prettier-ignore
            yield { name, operation: named(name), operands: [operand(a!, dtype, isSpecial && other === dtype), operand(b!, other, isSpecial && other === dtype)] }; // prettier-ignore
      yield { name: 'matMul', operation: (a, b) => tf.matMul(a!, b!), operands: [operand([2, 3], dtype), operand([3, 2], dtype)] }; // prettier-ignore
      const image = (): Operand => operand([1, 4, 4, 4], dtype, isSpecial);
      yield { name: 'depthToSpace', operation: (a) => tf.depthToSpace(a as tf.Tensor4D, 2), operands: [image()] };
      yield { name: 'spaceToBatchND', operation: (a) => tf.spaceToBatchND(a!, [2, 2], [[0, 0], [2, 0]]), operands: [image()] }; // prettier-ignore
      yield { name: 'transpose', operation: (a) => tf.transpose(a!), operands: [image()] };
      yield { name: 'tile', operation: (a) => tf.tile(a!, [1, 2, 0, 1]), operands: [image()] };
      yield { name: 'slice', operation: (a) => tf.slice(a!, [0, 1, 1, 1], [1, 2, 0, 2]), operands: [image()] };
    }
}

function computed({ operation, operands }: Case): readonly Result[] | 'an error' {
  try {
    return tf.tidy(() => {
      const made = operation(...operands.map(({ values, shape, dtype }) => tf.tensor(values, shape, dtype)));
      const tensors = (made instanceof tf.Tensor ? [made] : Object.values(made)) as tf.Tensor[];
      return tensors.map((t) => ({ shape: t.shape, dtype: t.dtype, values: [...t.dataSync()] }));
    }) as unknown as readonly Result[];
  } catch {
    return 'an error';
  }
}

const close = (a: number, b: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= 3e-5 * Math.max(1, Math.abs(a));
function alike(a: readonly Result[] | 'an error', b: readonly Result[] | 'an error'): boolean {
  if (a === 'an error' || b === 'an error') return a === b;
  return a.every(({ shape, dtype, values }, i) => {
    const other = b[i]!;
    return shape.join() === other.shape.join() && dtype === other.dtype && values.every((x, j) => close(x, other.values[j]!)); // prettier-ignore
  });
}

it('kernels of all types, ranks and sides agree with the cpu backend, or are errors on both', async () => {
  await useWasm({ threads: 1 });
  const all = [...cases()];
  await tf.setBackend('cpu');
  const expected = all.map(computed);
  await tf.setBackend('wasm');
  const wrong: string[] = [];
  const met = new Set<string>();
  all.forEach((one, i) => {
    const found = computed(one);
    if (alike(expected[i]!, found)) return;
    met.add(one.name);
    if (!Object.hasOwn(different, one.name) && wrong.length < 5)
      wrong.push(`${one.name} ${JSON.stringify(one.operands)}: cpu ${JSON.stringify(expected[i])}, wasm ${JSON.stringify(found)}`); // prettier-ignore
  });
  expect(wrong).toEqual([]);
  expect(all.length).toBe(24_768);
  // The list is of differences that there are.
  expect(Object.keys(different).filter((name) => !met.has(name))).toEqual([]);
});
