import { type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { type KernelHost } from './host.ts';
import { type Stock } from './register.ts';
import { allInJavaScript, valuesOf } from './values.ts';

/** The types of each input that tfjs's own kernels compute rightly; of other types they write nothing, or too much. */
const types: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  LRN: { x: ['float32'] },
  LRNGrad: { x: ['float32'], y: ['float32'], dy: ['float32'] },
  Multinomial: { logits: ['float32'] },
  RotateWithOffset: { image: ['float32'] },
  SearchSorted: { sortedSequence: ['float32', 'int32'], values: ['float32', 'int32'] },
  SparseSegmentMean: { data: ['float32', 'int32'] },
  SparseSegmentSum: { data: ['float32', 'int32'] },
  NonMaxSuppressionV3: { boxes: ['float32'], scores: ['float32'] },
  NonMaxSuppressionV4: { boxes: ['float32'], scores: ['float32'] },
  NonMaxSuppressionV5: { boxes: ['float32'], scores: ['float32'] },
  CropAndResize: { image: ['float32', 'int32', 'bool'], boxes: ['float32'], boxInd: ['int32'] },
};

/** Kernels of tfjs, behind checks of what they do not check themselves. */
export function checkedKernels(host: KernelHost, stock: Stock): Readonly<Record<string, KernelFunc>> {
  return allInJavaScript(
    host,
    Object.fromEntries(
      Object.entries(types).map(([name, allowed]): [string, KernelFunc] => [
        name,
        (args) => {
          const inputs = args.inputs as unknown as Readonly<Record<string, TensorInfo>>;
          for (const [input, dtypes] of Object.entries(allowed)) {
            const { dtype } = inputs[input]!;
            if (!dtypes.includes(dtype))
              throw new WasmError('BAD_DTYPE', `${name}: ${input} is ${dtype}, but must be ${dtypes.join(' or ')}.`);
          }
          if (name === 'CropAndResize') assertBoxes(host, inputs['image']!, inputs['boxInd']!);
          return stock(name)(args);
        },
      ]),
    ),
  );
}

function assertBoxes(host: KernelHost, image: TensorInfo, boxInd: TensorInfo): void {
  const bad = valuesOf(host, boxInd).find((index: number) => !(index >= 0 && index < image.shape[0]!));
  if (bad !== undefined)
    throw new WasmError('BAD_INDEX', `CropAndResize: boxInd has ${bad}, but there are ${image.shape[0]} images.`);
}
