import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, expectClose, expectSameAsCpu, on, randomTensor, startOurs } from '../../test/backends.ts';

const upTo = (max: number) => fc.integer({ min: 1, max });
const channels = fc.constantFrom(1, 2, 3, 4, 5, 8, 19);
const seed = fc.integer();
const pad = fc.constantFrom('valid' as const, 'same' as const);

/** The shape of a pooling problem in that many dimensions. */
const pooling = (rank: 2 | 3) =>
  fc
    .record({
      ...{ batch: upTo(3), size: fc.array(upTo(rank === 2 ? 9 : 5), { minLength: rank, maxLength: rank }), channels },
      ...{ filterSize: fc.array(upTo(3), { minLength: rank, maxLength: rank }) },
      ...{ strides: fc.array(upTo(3), { minLength: rank, maxLength: rank }), pad, seed },
    })
    .map(({ batch, size, channels, filterSize, strides, pad, seed }) => ({
      shape: [batch, ...size.map((s, d) => Math.max(s, filterSize[d]!)), channels],
      // tfjs pads by negative numbers in 3 dimensions where the steps are larger than the window.
      attrs: { filterSize, strides: strides.map((s, d) => Math.min(s, filterSize[d]!)), pad, dataFormat: 'NDHWC' },
      seed,
    }));

const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap);

/** Values all below 0, in few steps, so that ties are common. */
const negative = (seed: number, shape: readonly number[]): tf.Tensor => randomTensor(seed, shape).mul(4).floor().sub(5);

describe.each(builds)('pooling, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it.each([2, 3] as const)('in %i dimensions equals the cpu backend, negative values and ties included', (rank) =>
    fc.assert(
      // The cpu backend's gradient in 3 dimensions takes windows to be as high as they are wide.
      fc.asyncProperty(
        pooling(rank),
        ({
          shape,
          attrs: {
            filterSize: [f0, f1, f2],
            ...rest
          },
          seed,
        }) =>
          expectSameAsCpu(() => {
            const attrs = { ...rest, filterSize: rank === 2 ? [f0, f1] : [f0, Math.max(f1!, f2!), Math.max(f1!, f2!)] };
            // In 3 dimensions it gives the gradient to the last of equals, in 2 to the first.
            const larger = shape.map((s, d) => (d > 0 && d <= rank ? s + 2 : s));
            const input = rank === 2 ? negative(seed, larger) : randomTensor(seed, larger).sub(5);
            const d = rank === 2 ? '' : '3D';
            const output = run(`MaxPool${d}`, { x: input }, attrs);
            const dy = randomTensor(seed + 1, output.shape);
            return [
              output,
              run(`MaxPool${d}Grad`, { dy, input, output }, attrs),
              run(`AvgPool${d}`, { x: input }, attrs),
              ...(attrs.pad === 'valid' ? [run(`AvgPool${d}Grad`, { dy, input }, attrs)] : []),
            ];
          }),
      ),
      { seed: rank, numRuns: 100 },
    ),
  );

  it('in 3 dimensions with one plane is pooling in 2, whatever the window', () =>
    fc.assert(
      fc.asyncProperty(pooling(2), async ({ shape, attrs: { filterSize, strides, pad }, seed }) => {
        const [deepShape, deep] = [
          [shape[0]!, 1, ...shape.slice(1)],
          { filterSize: [1, ...filterSize], strides: [1, ...strides], pad, dataFormat: 'NDHWC' },
        ];
        const gradient = (shape: readonly number[], attrs: object, d: string) => (): tf.Tensor => {
          const input = negative(seed, shape);
          const output = run(`MaxPool${d}`, { x: input }, attrs);
          return run(`MaxPool${d}Grad`, { dy: randomTensor(seed + 1, output.shape), input, output }, attrs).reshape(
            deepShape,
          );
        };
        const plane = await on('wasm', gradient(shape, { filterSize, strides, pad }, ''));
        expectClose(await on('wasm', gradient(deepShape, deep, '3D')), plane, 0);
      }),
      { seed: 7, numRuns: 50 },
    ));

  // The cpu backend divides by the number of pixels under the window, but in the gradient by the size of the window.
  it('has the right gradient of a mean where the window sticks out: that of its Jacobian, column by column', () =>
    fc.assert(
      fc.asyncProperty(pooling(2), async ({ shape: [, height, width], attrs, seed }) => {
        const n = height! * width!;
        const same = { ...attrs, pad: 'same' };
        const expected = await on('cpu', () => {
          const jacobian = run('AvgPool', { x: tf.eye(n).reshape([n, height!, width!, 1]) }, same);
          const outputs = jacobian.size / n;
          const dx = tf.matMul(
            jacobian.reshape([n, outputs]) as tf.Tensor2D,
            randomTensor(seed, [outputs, 1]) as tf.Tensor2D,
          );
          return dx.reshape([1, height!, width!, 1]);
        });
        const actual = await on('wasm', () => {
          const input = tf.zeros([1, height!, width!, 1]);
          const { shape } = run('AvgPool', { x: input }, same);
          return run('AvgPoolGrad', { dy: randomTensor(seed, [shape[1]! * shape[2]!, 1]).reshape(shape), input }, same);
        });
        expectClose(actual, expected);
      }),
      { seed: 4, numRuns: 50 },
    ));

  it('finds the place of the greatest as the cpu backend does', () =>
    fc.assert(
      fc.asyncProperty(
        pooling(2),
        fc.boolean(),
        fc.constantFrom('float32' as const, 'int32' as const),
        (p, within, dtype) =>
          expectSameAsCpu(() => {
            const x = negative(p.seed, p.shape).cast(dtype) as tf.Tensor4D;
            const { filterSize, strides, pad } = p.attrs;
            const found: Record<string, tf.Tensor> = tf.maxPoolWithArgmax(
              x,
              filterSize as [number, number],
              strides as [number, number],
              pad,
              within,
            );
            return [found['result']!, found['indexes']!];
          }),
      ),
      { seed: 5, numRuns: 50 },
    ));

  it('passes over NaN, and starts from -Infinity', async () => {
    const [some, none] = await on('wasm', () => [
      tf.maxPool(tf.tensor3d([NaN, -3, -2, NaN], [2, 2, 1]), 2, 1, 'valid'),
      tf.maxPool(tf.tensor3d([NaN, -Infinity, NaN, NaN], [2, 2, 1]), 2, 1, 'valid'),
    ]);
    expect([some!.values[0], none!.values[0]]).toEqual([-2, -Infinity]);
  });

  it('dilates, and its gradients go where the greatest was', () =>
    fc.assert(
      fc.asyncProperty(pooling(2), upTo(2), ({ shape, attrs: { filterSize, strides, pad }, seed }, step) =>
        expectSameAsCpu(() => {
          const attrs = { strides, pad, dilations: step };
          const x = negative(
            seed,
            shape.map((s, d) => (d === 1 || d === 2 ? 2 * s : s)),
          );
          const filter = randomTensor(seed + 1, [...filterSize, shape[3]!]);
          const y = run('Dilation2D', { x, filter }, attrs);
          const dy = randomTensor(seed + 2, y.shape);
          return [
            y,
            run('Dilation2DBackpropInput', { x, filter, dy }, attrs),
            run('Dilation2DBackpropFilter', { x, filter, dy }, attrs),
          ];
        }),
      ),
      { seed: 6, numRuns: 100 },
    ));
});
