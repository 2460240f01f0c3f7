import { getKernel, type NamedAttrMap, type Tensor, type TensorInfo, type Variable } from '@tensorflow/tfjs-core';
import { type KernelHost } from '../kernels/host.ts';
import { freeAttribute, recordedAttributes } from './compiled-step.ts';
import { type Follower, type Input, type Inputs, type KernelEvent } from './course.ts';
import { type DataBackend, type Engine, type TapeNode } from './engine.ts';
import { adopt, dataOf } from './placeholders.ts';
import { type Writing } from './writing.ts';

/** What a loss function asked for while nothing was computed. */
export type Asked =
  | AskedKernel
  | { readonly kind: 'begin' }
  | { readonly kind: 'end'; readonly nodes: readonly TapeNode[] }
  | { readonly kind: 'assign'; readonly variable: Variable; readonly dataId: object };

export interface AskedKernel {
  readonly kind: 'kernel';
  readonly event: KernelEvent;
  readonly name: string;
  readonly inputs: Inputs;
  readonly attrs: NamedAttrMap | undefined;
  readonly outputs: readonly Tensor[];
  readonly infos: readonly TensorInfo[];
  readonly taped: boolean;
}

/** The inputs of a kernel as they are now. */
export function inputsNow(inputs: Record<string, Tensor>): Inputs {
  const result: Record<string, Input | undefined> = {};
  for (const name in inputs) {
    const tensor = inputs[name];
    result[name] = tensor ? { dataId: tensor.dataId, shape: tensor.shape, dtype: tensor.dtype, tensor } : undefined;
  }
  return result;
}

/** Whether something that was asked for is what a course goes on with. */
export function fits(follower: Follower, item: Asked): boolean {
  if (item.kind === 'kernel') {
    const event = follower.kernel(item.name, item.inputs, item.attrs);
    if (event?.outputs.length !== item.outputs.length) return false;
    return event.outputs.every(({ data, fresh }, i) => {
      if (fresh !== item.event.outputs[i]!.fresh) return false;
      if (fresh) follower.bind(data, item.infos[i]!.dataId);
      return true;
    });
  }
  const event = follower.next();
  if (event?.kind !== item.kind) return false;
  if (event.kind === 'assign' && item.kind === 'assign')
    if (event.variable !== item.variable || follower.numberOf(item.dataId) !== event.data) return false;
  follower.advance();
  return true;
}

/** Computes something that was left out, and puts it on tfjs's tape as it would have been. */
export function computeAsked(host: KernelHost, engine: Engine, item: Asked, writing: Writing | undefined): void {
  if (item.kind === 'kernel') return computeKernel(host, engine, item, writing);
  if (item.kind === 'end') engine.state.activeTape?.push(...item.nodes);
  if (item.kind === 'assign') {
    writing?.recorder.assigned(item.variable);
    writing?.assigned(item.variable, item.dataId);
  } else writing?.writer.put({ kind: item.kind });
}

function computeKernel(host: KernelHost, engine: Engine, item: AskedKernel, writing: Writing | undefined): void {
  const { event, name, inputs, attrs, outputs, infos, taped } = item;
  const { state } = engine;
  const backend = host.backend as unknown as DataBackend;
  const free = freeAttribute(name, attrs);
  // Views were made when they were asked for.
  if (event.outputs.some(({ fresh }) => fresh)) {
    const recorded = writing ? recordedAttributes(attrs, free) : attrs;
    const kernel = getKernel(name, 'wasm')!.kernelFunc;
    const results = [kernel({ inputs: inputs as never, attrs: recorded ?? {}, backend })].flat() as TensorInfo[];
    results.forEach(({ dataId }, i) => {
      if (!event.outputs[i]!.fresh) return void backend.disposeData(dataId);
      adopt(host, infos[i]!.dataId, dataId);
      writing?.recorder.renamed(dataId, infos[i]!.dataId);
    });
  }
  writing?.kernel(name, inputs, attrs, infos, outputs, event.several, free);
  if (!taped) return;
  state.kernelDepth++;
  const own: Tensor[] = [];
  const then = (info: TensorInfo, tensor: Tensor): Tensor => tensorThen(host, engine, info, tensor, own);
  const entries = Object.entries(inputs).map(([key, input]) => [key, input && then(input, input.tensor)] as const);
  // tfjs insists on an array of tensors where it was given one.
  const isList = entries.length > 0 && entries.every(([key], i) => key === `${i}`);
  const tensors = isList ? entries.map(([, tensor]) => tensor) : Object.fromEntries(entries);
  const wanted = engine.getTensorsForGradient(name, tensors as never, [...outputs]);
  const saved = engine.saveTensorsForBackwardMode(
    wanted.map((tensor) => {
      const output = outputs.indexOf(tensor);
      return output >= 0 ? then(infos[output]!, tensor) : tensor;
    }),
  );
  own.forEach((tensor) => tensor.dispose());
  state.kernelDepth--;
  const objects = Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, input?.tensor]));
  engine.addTapeNode(name, objects, [...outputs], null, saved, attrs);
}

/** A tensor with the data that it had when it was used: since then it may have been disposed of, or assigned to. New ones are added to `own`. */
function tensorThen(host: KernelHost, engine: Engine, info: TensorInfo, tensor: Tensor, own: Tensor[]): Tensor {
  if (!tensor.isDisposed && tensor.dataId === info.dataId) return tensor;
  dataOf(host, info.dataId).refCount++;
  const again = engine.makeTensorFromTensorInfo(info);
  own.push(again);
  return again;
}
