import {
  engine as tfjsEngine,
  getKernel,
  type NamedAttrMap,
  Tensor,
  type TensorInfo,
  util,
  Variable,
} from '@tensorflow/tfjs-core';
import { type KernelHost, memoryOf } from '../kernels/host.ts';
import { type Block } from './memory.ts';
import {
  type Course,
  type CourseWriter,
  follow,
  type Follower,
  freeAttributes,
  type Input,
  type Inputs,
  type KernelEvent,
  writeCourse,
} from './course.ts';
import { parameter } from './parameter.ts';
import { adopt, type Data, dataOf, materialize, placeholder } from './placeholders.ts';
import { type Recorder, replace, startRecording } from './recorder.ts';
import { createReplay, type Replay, type VariablesByData, variablesByData } from './replay.ts';

/** A training step as a program: what its loss function must ask for, and what then computes the whole step. */
export interface CompiledStep {
  readonly host: KernelHost;
  readonly course: Course;
  readonly replay: Replay<Follower>;
  /** What kernels took as constants, by the number of the data. */
  readonly constants: ReadonlyMap<number, Uint8Array>;
}

/** What became of a step. */
export interface StepOutcome {
  readonly cost: Tensor | null;
  /** The program that computed it; undefined where it was computed kernel by kernel. */
  readonly used?: CompiledStep | undefined;
  /** A new program for steps like this one. */
  readonly learned?: CompiledStep | undefined;
  /** A program that fitted, and could not run. */
  readonly failed?: CompiledStep | undefined;
  /** Why it was computed kernel by kernel. */
  readonly reason?: string | undefined;
}

export interface StepOptions {
  readonly host: KernelHost;
  /** Programs that may fit. */
  readonly candidates: readonly CompiledStep[];
  /** Whether to make a program of a step that none fits. */
  readonly learn: boolean;
  /** Computes the step with a loss function in the place of the user's. */
  readonly minimize: (loss: () => Tensor) => Tensor | null;
  readonly loss: () => Tensor;
}

/** What is used of tfjs's engine; much of it is not in its public types. */
interface Engine {
  runKernel(name: string, inputs: Record<string, Tensor>, attrs?: NamedAttrMap): Tensor | Tensor[];
  runKernelFunc(operation: Custom): Tensor | Tensor[];
  incRef(tensor: Tensor, backend: unknown): void;
  track(tensor: Tensor): Tensor;
  removeDataId(dataId: object, backend: unknown): void;
  makeTensorFromTensorInfo(info: TensorInfo): Tensor;
  getTensorsForGradient(name: string, inputs: Record<string, Tensor>, outputs: Tensor[]): Tensor[];
  saveTensorsForBackwardMode(tensors: Tensor[]): Tensor[];
  addTapeNode(name: string, inputs: object, outputs: Tensor[], gradient: null, saved: Tensor[], attrs: unknown): void;
  tidy<T>(name: string, f: () => T): T;
  readonly state: { gradientDepth: number; kernelDepth: number; activeTape: TapeNode[] | null };
}

interface TapeNode {
  readonly saved: Tensor[];
  gradient?(dys: (Tensor | null)[]): Gradients;
}

type Gradients = Readonly<Record<string, () => Tensor>>;

/** The operation that `tf.customGrad` makes of a function. */
interface Custom {
  readonly kernelName?: string;
  readonly inputs: Record<string, Tensor>;
  forwardFunc(backend: unknown, save: (tensors: Tensor[]) => void): Tensor;
  backwardsFunc(dy: Tensor, saved: Tensor[]): Gradients;
}

/** What the loss function asked for while nothing was computed. */
type Asked =
  | {
      readonly kind: 'kernel';
      readonly event: KernelEvent;
      readonly name: string;
      readonly inputs: Inputs;
      readonly attrs: NamedAttrMap | undefined;
      readonly outputs: readonly Tensor[];
      readonly infos: readonly TensorInfo[];
      readonly taped: boolean;
    }
  | { readonly kind: 'begin' }
  | { readonly kind: 'end'; readonly nodes: readonly TapeNode[] }
  | { readonly kind: 'assign'; readonly variable: Variable; readonly dataId: object };

interface Disposing {
  disposeData(dataId: object, force?: boolean): boolean;
  readSync(dataId: object, ...range: unknown[]): unknown;
}

/** Thrown out of tfjs's `minimize` when a program has computed the step. */
const done: unique symbol = Symbol('the step is computed');
/** Thrown out of a gradient that asks for something else than recorded. */
const differs: unique symbol = Symbol('another gradient');

/**
 * Computes a training step. The loss function is called once. As long as it asks for the kernels of a recorded step, they are
 * not computed; when it returns, the program of that step computes everything. At the first difference the kernels that were
 * left out are computed in their order, tfjs's tape is filled as it would have been, and the step goes on as usual.
 */
export function computeStep({ host, candidates, learn, minimize, loss }: StepOptions): StepOutcome {
  const engine = tfjsEngine() as unknown as Engine;
  const backend = host.backend as unknown as Disposing;
  const { state } = engine;
  const plainKernel = engine.runKernel.bind(engine);
  let mode: 'following' | 'writing' | 'plain' = candidates.length > 0 ? 'following' : learn ? 'writing' : 'plain';
  let reason: string | undefined;
  let failed: CompiledStep | undefined;
  let cost: Tensor | undefined;

  // While following.
  let program = candidates[0];
  let follower = program && followerOf(host, program);
  const asked: Asked[] = [];
  const customs: (TapeNode | undefined)[] = [];
  const ended: object[] = [];
  let goingBack = false;
  // While writing.
  let recorder: Recorder | undefined;
  let writer: CourseWriter | undefined;
  let variables: VariablesByData = new Map();
  const made: Tensor[] = [];
  let forward = true;
  /** Copies for the tape are no part of the course. */
  let saving = 0;
  let hooks: (() => void)[] = [];
  const unhook = (): void => {
    for (const restore of hooks.reverse()) restore();
    hooks = [];
  };

  const inputsOf = (inputs: Record<string, Tensor>): Inputs => {
    const result: Record<string, Input | undefined> = {};
    for (const name in inputs) {
      const tensor = inputs[name];
      result[name] = tensor ? { dataId: tensor.dataId, shape: tensor.shape, dtype: tensor.dtype, tensor } : undefined;
    }
    return result;
  };

  /** Results that are not computed yet. */
  const place = (event: KernelEvent): Tensor[] =>
    event.outputs.map(({ data, shape, dtype, fresh }) => {
      const known = fresh ? undefined : follower!.data(data);
      const dataId = known ?? placeholder(host, shape, dtype);
      if (known) host.backend.incRef(known);
      else follower!.bind(data, dataId);
      return engine.makeTensorFromTensorInfo({ dataId: dataId as never, shape: [...shape], dtype });
    });

  /** Another program that fits what was asked so far, and this kernel too. */
  const another = (name: string, inputs: Inputs, attrs: object | undefined): KernelEvent | undefined => {
    for (const candidate of candidates) {
      if (candidate === program) continue;
      const next = followerOf(host, candidate);
      if (!asked.every((item) => fits(next, item))) continue;
      const event = next.kernel(name, inputs, attrs);
      if (!event) continue;
      [program, follower] = [candidate, next];
      return event;
    }
    return undefined;
  };

  const followKernel: Engine['runKernel'] = (name, inputs, attrs) => {
    if (saving > 0) return plainKernel(name, inputs, attrs);
    const infos = inputsOf(inputs);
    // A gradient within the loss needs tfjs's tape.
    const same = state.gradientDepth === (goingBack ? 0 : 1);
    const event = same
      ? (follower!.kernel(name, infos, attrs) ?? (goingBack ? undefined : another(name, infos, attrs)))
      : undefined;
    if (event) {
      const outputs = place(event);
      if (!goingBack)
        asked.push({
          ...{ kind: 'kernel', event, name, inputs: infos, attrs, outputs, taped: state.kernelDepth === 0 },
          infos: outputs.map(({ dataId, shape, dtype }) => ({ dataId, shape, dtype })),
        });
      return event.several ? outputs : outputs[0]!;
    }
    if (goingBack) throw differs;
    fall(`it asks for ${name} where no recorded step does`);
    return engine.runKernel(name, inputs, attrs);
  };

  const writeKernel: Engine['runKernel'] = (name, inputs, attrs) => {
    if (saving > 0) return plainKernel(name, inputs, attrs);
    const infos = inputsOf(inputs);
    const free = freeOf(name, attrs);
    const result = asPart(() => plainKernel(name, inputs, free ? withParameter(attrs!, free) : attrs));
    const outputs = [result].flat();
    writer!.kernel(name, infos, attrs, outputs, Array.isArray(result), free);
    if (forward) made.push(...outputs);
    if (state.gradientDepth > 1) refuse('it takes gradients within the loss function');
    return result;
  };
  /** What tfjs runs within an operation is no part of the course. */
  const asPart = <T>(run: () => T): T => {
    saving++;
    try {
      return run();
    } finally {
      saving--;
    }
  };
  let refusal: string | undefined;
  const refuse = (why: string): void => void (refusal ??= why);

  const customOperation: (original: Engine['runKernelFunc']) => Engine['runKernelFunc'] = (original) => (operation) => {
    if (operation.kernelName !== undefined || saving > 0) return original.call(engine, operation);
    const custom = customs.push(undefined) - 1;
    if (mode === 'following') {
      if (goingBack || follower!.next()?.kind !== 'begin') {
        if (goingBack) throw differs;
        fall('it uses a gradient of its own where no recorded step does');
      } else {
        follower!.advance();
        asked.push({ kind: 'begin' });
      }
    }
    if (mode === 'writing') writer!.put({ kind: 'begin' });
    const before = state.activeTape?.length ?? 0;
    const result = original.call(engine, {
      ...operation,
      forwardFunc: (of, save) => operation.forwardFunc(of, (tensors) => asPart(() => save(tensors))),
      backwardsFunc: (dy, saved) =>
        mode === 'writing' ? writeBack(custom, operation, dy, saved) : operation.backwardsFunc(dy, saved),
    });
    if (mode === 'following') {
      if (follower!.next()?.kind === 'end') {
        follower!.advance();
        const nodes = state.activeTape?.splice(before) ?? [];
        customs[custom] = nodes[nodes.length - 1];
        asked.push({ kind: 'end', nodes });
      } else fall('a gradient of its own ends elsewhere');
    }
    if (mode === 'writing') writer!.put({ kind: 'end' });
    return result;
  };

  /** Writes down what the gradient of an operation asks for. */
  const writeBack = (custom: number, operation: Custom, dy: Tensor, saved: Tensor[]): Gradients => {
    writer!.put({ kind: 'back', custom, dy: writer!.place(dy) });
    const gradients = hooked(() => operation.backwardsFunc(dy, saved));
    return Object.fromEntries(
      Object.entries(gradients).map(([input, gradient]) => [
        input,
        () => {
          const result = hooked(gradient);
          writer!.put({ kind: 'gradient', custom, input, data: writer!.number(result) });
          return result;
        },
      ]),
    );
  };
  const hooked = <T>(run: () => T): T => {
    const restore = replace(engine, 'runKernel', () => writeKernel);
    try {
      return run();
    } finally {
      restore();
    }
  };

  const startFollowing = (): void => {
    hooks = [
      replace(engine, 'runKernel', () => followKernel),
      replace(engine, 'runKernelFunc', customOperation),
      replace(engine, 'incRef', (incRef) => (tensor, of) => {
        incRef.call(engine, tensor, of);
        if (!(tensor instanceof Variable)) return;
        const event = follower!.next();
        if (event?.kind === 'assign' && event.variable === tensor && follower!.numberOf(tensor.dataId) === event.data) {
          follower!.advance();
          asked.push({ kind: 'assign', variable: tensor, dataId: tensor.dataId });
        } else {
          asked.push({ kind: 'assign', variable: tensor, dataId: tensor.dataId });
          fall('it assigns to another variable');
        }
      }),
      replace(backend, 'disposeData', (disposeData) => (dataId, force) => {
        if (follower!.numberOf(dataId) === undefined) return disposeData.call(backend, dataId, force);
        const data = dataOf(host, dataId);
        if (--data.refCount > 0 && !force) return false;
        ended.push(dataId);
        return true;
      }),
      replace(backend, 'readSync', (readSync) => (dataId, ...range) => {
        if (dataOf(host, dataId).memoryOffset === 0 && follower!.numberOf(dataId) !== undefined)
          fall('it reads values of tensors (dataSync, data, print) while it runs');
        return readSync.call(backend, dataId, ...range);
      }),
    ];
  };
  const startWriting = (): void => {
    variables = variablesByData();
    writer = writeCourse(variables);
    recorder = startRecording(host, (variable) => {
      if (forward) writer!.put({ kind: 'assign', variable, data: writer!.number(variable) });
    });
  };
  const hookWriting = (): void => {
    hooks = [replace(engine, 'runKernel', () => writeKernel), replace(engine, 'runKernelFunc', customOperation)];
  };

  /** Frees what nobody holds any more. */
  const release = (): void => {
    for (const dataId of ended.splice(0)) {
      if (!host.backend.dataIdMap.has(dataId)) continue;
      const data = dataOf(host, dataId);
      if (data.refCount > 0) continue;
      if (data.memoryOffset === 0) host.backend.dataIdMap.delete(dataId as never);
      else {
        data.refCount = 1;
        backend.disposeData(dataId);
      }
      engine.removeDataId(dataId, host.backend);
    }
  };

  /** Computes what was left out, and goes on as usual. */
  const fall = (why: string): void => {
    reason = why;
    unhook();
    mode = learn ? 'writing' : 'plain';
    if (mode === 'writing') startWriting();
    const pending = state.activeTape?.splice(0) ?? [];
    const { gradientDepth, kernelDepth } = state;
    for (const dataId of ended) dataOf(host, dataId).refCount++;
    try {
      for (const item of asked.splice(0)) compute(item);
    } finally {
      Object.assign(state, { gradientDepth, kernelDepth });
      state.activeTape?.push(...pending);
      for (const dataId of ended) dataOf(host, dataId).refCount--;
      release();
      if (mode === 'writing') hookWriting();
    }
  };

  const compute = (item: Asked): void => {
    if (item.kind === 'assign') {
      if (mode === 'writing') writer!.put({ kind: 'assign', variable: item.variable, data: writer!.number(item) });
    } else if (item.kind === 'begin') {
      if (mode === 'writing') writer!.put({ kind: 'begin' });
    } else if (item.kind === 'end') {
      state.activeTape?.push(...item.nodes);
      if (mode === 'writing') writer!.put({ kind: 'end' });
    } else computeKernel(item);
  };
  const computeKernel = ({
    event,
    name,
    inputs,
    attrs,
    outputs,
    infos,
    taped,
  }: Extract<Asked, { kind: 'kernel' }>): void => {
    const free = freeOf(name, attrs);
    if (event.outputs.some(({ fresh }) => fresh)) {
      const results = [
        getKernel(name, 'wasm')!.kernelFunc({
          inputs: inputs as never,
          attrs: (mode === 'writing' && free ? withParameter(attrs!, free) : attrs) as NamedAttrMap,
          backend,
        }),
      ].flat() as TensorInfo[];
      results.forEach((result, i) => {
        if (event.outputs[i]!.fresh) {
          adopt(host, infos[i]!.dataId, result.dataId);
          recorder?.renamed(result.dataId, infos[i]!.dataId);
        } else backend.disposeData(result.dataId);
      });
    }
    if (mode === 'writing') {
      writer!.kernel(name, inputs, attrs, infos, event.several, free);
      made.push(...outputs);
    }
    if (!taped) return;
    state.kernelDepth++;
    const then = tensorsThen(inputs);
    const saved = engine.saveTensorsForBackwardMode(
      engine.getTensorsForGradient(name, then.tensors as never, [...outputs]).map((tensor) => {
        const at = outputs.indexOf(tensor);
        return at >= 0 ? then.of(infos[at]!, tensor) : tensor;
      }),
    );
    then.end();
    state.kernelDepth--;
    const objects = Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, input?.tensor]));
    engine.addTapeNode(name, objects, [...outputs], null, saved, attrs);
  };
  /** Tensors with the data that the inputs had when they were used: since then they may have ended, or been assigned to. */
  const tensorsThen = (inputs: Inputs) => {
    const own: Tensor[] = [];
    const of = (info: TensorInfo, tensor: Tensor): Tensor => {
      if (!tensor.isDisposed && tensor.dataId === info.dataId) return tensor;
      dataOf(host, info.dataId).refCount++;
      const again = engine.makeTensorFromTensorInfo(info);
      own.push(again);
      return again;
    };
    const entries = Object.entries(inputs).map(([key, input]) => [key, input && of(input, input.tensor)]);
    // An array of tensors stays one: tfjs insists.
    const tensors: unknown =
      entries.every(([key], i) => key === `${i}`) && entries.length > 0
        ? Object.assign(entries.map(([, tensor]) => tensor))
        : Object.fromEntries(entries);
    return { tensors, of, end: () => own.forEach((tensor) => tensor.dispose()) };
  };

  /** Whether the program has computed the step. */
  const complete = (result: Tensor): boolean => {
    const event = follower!.next();
    if (!(result instanceof Tensor) || event?.kind !== 'loss' || follower!.numberOf(result.dataId) !== event.data)
      return false;
    follower!.advance();
    const outliving = new Set<object>([result.dataId]);
    for (const item of asked)
      if (item.kind === 'kernel')
        item.outputs.forEach((tensor) => {
          if (!tensor.isDisposed && (tensor as unknown as { kept: boolean }).kept) outliving.add(tensor.dataId);
        });
    const missing = [...outliving].filter((dataId) => dataOf(host, dataId).memoryOffset === 0);
    const { course, replay } = program!;
    if (!missing.every((dataId) => course.outcome.has(follower!.numberOf(dataId)!))) return false;
    if (!goBack()) return false;
    failed = program;
    if (!replay.run(follower!)) return false;
    const filled: Data[] = [];
    try {
      for (const dataId of missing) {
        const block = outcomeBlock(program!, follower!.numberOf(dataId)!);
        const data = dataOf(host, dataId);
        const size = util.sizeFromShape(data.shape);
        materialize(host, dataId, size, size * util.bytesPerElement(data.dtype));
        filled.push(data);
        if (block) replay.copy(block, dataId);
      }
      // What variables are assigned now is the program's doing.
      unhook();
      replay.commit();
    } catch (error) {
      const heap = host.backend.wasm as unknown as { _free(at: number): void; tfjs: { disposeData(id: number): void } };
      for (const data of filled) {
        heap._free(data.memoryOffset);
        heap.tfjs.disposeData(data.id);
        data.memoryOffset = 0;
      }
      throw error;
    }
    return true;
  };

  /** Calls the gradients that are not tfjs's own, as it would on the way back, and compares what they ask for. */
  const goBack = (): boolean => {
    const gradients: Gradients[] = [];
    const { gradientDepth } = state;
    goingBack = true;
    state.gradientDepth = 0;
    try {
      return engine.tidy('backward', () => {
        for (let event = follower!.next(); event; event = follower!.next()) {
          follower!.advance();
          if (event.kind === 'back') {
            const { data, shape, dtype } = event.dy;
            const known = follower!.data(data);
            const dataId = known ?? placeholder(host, shape, dtype);
            if (known) host.backend.incRef(known);
            else follower!.bind(data, dataId);
            const dy = engine.makeTensorFromTensorInfo({ dataId: dataId as never, shape: [...shape], dtype });
            const node = customs[event.custom];
            if (!node?.gradient) return false;
            gradients[event.custom] = node.gradient([dy]);
          } else if (event.kind === 'gradient') {
            const result = gradients[event.custom]?.[event.input]?.();
            if (!result || follower!.numberOf(result.dataId) !== event.data) return false;
          } else return false;
        }
        return true;
      });
    } catch (error) {
      if (error === differs) return false;
      throw error;
    } finally {
      goingBack = false;
      state.gradientDepth = gradientDepth;
    }
  };

  const computeLoss = (): Tensor => {
    if (mode === 'following') startFollowing();
    else if (mode === 'writing') {
      startWriting();
      hookWriting();
    }
    let result: Tensor;
    try {
      result = loss();
      if (mode === 'following') {
        let ready = false;
        let failure = 'it does something else than any recorded step';
        try {
          ready = complete(result);
        } catch (error) {
          failure = (error as Error).message;
        }
        if (ready) {
          cost = result;
          throw done;
        }
        fall(failure);
      }
      if (mode === 'writing') {
        const kept = made.filter((tensor) => !tensor.isDisposed && (tensor as unknown as { kept: boolean }).kept);
        if (result instanceof Tensor) writer!.returned(result, kept);
      }
    } catch (error) {
      if (error !== done && mode === 'following') {
        // What the function keeps has its values, as always.
        fall('the loss function throws');
      }
      if (error === done) {
        const { kept } = cost as unknown as { kept: boolean };
        wasKept = kept;
        Object.assign(cost!, { kept: true });
      }
      throw error;
    } finally {
      unhook();
      forward = false;
      if (cost) release();
    }
    return result;
  };
  let wasKept = false;

  let returned: Tensor | null;
  try {
    returned = minimize(computeLoss);
  } catch (error) {
    if (recorder) recorder.finish();
    if (error !== done) throw error;
    for (const item of asked)
      if (item.kind === 'end') for (const { saved } of item.nodes) saved.forEach((tensor) => tensor.dispose());
    state.activeTape = null;
    Object.assign(cost!, { kept: wasKept });
    if (!wasKept) engine.track(cost!);
    return { cost: cost!, used: program };
  }
  if (!recorder) return { cost: returned, reason, failed };
  const recording = recorder.finish();
  const learned = refusal ?? recording.refusal;
  if (learned !== undefined) return { cost: returned, reason: learned, failed };
  try {
    const step = compileStep(host, writer!.course(), recording, variables);
    return typeof step === 'string'
      ? { cost: returned, reason: step, failed }
      : { cost: returned, learned: step, reason, failed };
  } catch (error) {
    return { cost: returned, reason: (error as Error).message, failed };
  }
}

function followerOf(host: KernelHost, { course, constants }: CompiledStep): Follower {
  return follow(course, (number, dataId) => {
    const values = constants.get(number);
    if (!values) return true;
    const { memoryOffset: at } = dataOf(host, dataId);
    const present = new Uint8Array(memoryOf(host.backend).buffer, at, values.length);
    return values.every((value, i) => value === present[i]);
  });
}

/** Whether something that was asked for is what a course goes on with. */
function fits(follower: Follower, item: Asked): boolean {
  if (item.kind === 'kernel') {
    const event = follower.kernel(item.name, item.inputs, item.attrs);
    if (event?.outputs.length !== item.outputs.length) return false;
    return event.outputs.every(({ data, fresh }, i) => {
      const { dataId } = item.infos[i]!;
      if (fresh !== item.event.outputs[i]!.fresh) return false;
      if (fresh) follower.bind(data, dataId);
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

function freeOf(name: string, attrs: object | undefined): KernelEvent['free'] {
  const attribute = freeAttributes[name];
  return attribute === undefined
    ? undefined
    : { name: attribute, value: (attrs as Record<string, number>)[attribute]! };
}

/** The attributes, with a parameter of the program for the one that is free. */
function withParameter(attrs: NamedAttrMap, free: { name: string; value: number }): NamedAttrMap {
  return { ...attrs, [free.name]: parameter(() => free.value) };
}

const outcomeBlocks = new WeakMap<CompiledStep, ReadonlyMap<number, Block>>();
const outcomeBlock = (step: CompiledStep, number: number): Block | undefined => outcomeBlocks.get(step)!.get(number);

/** Makes a program of a step that was computed kernel by kernel, or says why that is not possible. */
function compileStep(
  host: KernelHost,
  course: Course,
  recording: ReturnType<Recorder['finish']>,
  variables: VariablesByData,
): CompiledStep | string {
  const numbers = new Map<Block, number>();
  const constants = new Map<number, Uint8Array>();
  for (const [number, { dataId }] of course.given) {
    const block = recording.blockOf(dataId);
    if (!block || block.origin === 'made') continue;
    numbers.set(block, number);
    const values = recording.constants.get(block);
    if (values) constants.set(number, values);
  }
  for (const block of recording.constants.keys())
    if (!numbers.has(block) && block.origin !== 'uploaded')
      return 'a kernel reads the values of a tensor that may change';
  const outcome = new Map<number, Block>();
  for (const [number, dataId] of course.outcome) {
    const block = recording.blockOf(dataId);
    if (block?.origin === 'made') outcome.set(number, block);
  }
  const replay = createReplay<Follower>(host, recording, {
    results: [...outcome.values()],
    variables,
    guarded: true,
    locate(block) {
      const number = numbers.get(block);
      return number === undefined ? undefined : (follower) => follower.data(number)!;
    },
  });
  if (typeof replay === 'string') return replay;
  const step = { host, course, replay, constants };
  outcomeBlocks.set(step, outcome);
  return step;
}
