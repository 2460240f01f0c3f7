import { type NamedAttrMap, Tensor, type TensorInfo, type Variable } from '@tensorflow/tfjs-core';
import { type KernelHost } from '../kernels/host.ts';
import { inputsNow } from './asked.ts';
import { type CompiledStep, compileStep, freeAttribute, recordedAttributes } from './compiled-step.ts';
import { type CourseWriter, type Inputs, type KernelEvent, writeCourse } from './course.ts';
import { type CustomOperation, type Engine, type Gradients, isKept } from './engine.ts';
import { type Recorder, replace, startRecording } from './recorder.ts';
import { variablesByData } from './replay.ts';

/** A step that is computed kernel by kernel, and written down to become a program. */
export interface Writing {
  readonly writer: CourseWriter;
  readonly recorder: Recorder;
  /** In the place of the engine's `runKernel`, while the loss function runs. */
  readonly runKernel: Engine['runKernel'];
  /** A kernel that was computed. */
  kernel(
    name: string,
    inputs: Inputs,
    attrs: NamedAttrMap | undefined,
    infos: readonly TensorInfo[],
    outputs: readonly Tensor[],
    several: boolean,
    free: KernelEvent['free'],
  ): void;
  assigned(variable: Variable, dataId: object): void;
  /** Calls the gradient of an operation that has its own, and writes down what it asks for. */
  back(custom: number, operation: CustomOperation, dy: Tensor, saved: Tensor[]): Gradients;
  /** The loss function has returned. */
  returned(loss: unknown): void;
  /** Ends it: a program, or the reason why there can be none. */
  finish(): CompiledStep | string;
  /** Ends it without a program. */
  abandon(): void;
}

/** @param asPart runs what is a part of an operation, and not written down by itself */
export function startWriting(
  host: KernelHost,
  engine: Engine,
  plainKernel: Engine['runKernel'],
  asPart: { readonly isOn: () => boolean; readonly run: <T>(run: () => T) => T },
): Writing {
  const variables = variablesByData();
  const writer = writeCourse(variables);
  const made: Tensor[] = [];
  let forward = true;
  let refusal: string | undefined;
  const recorder = startRecording(host, (variable) => {
    if (forward) writing.assigned(variable, variable.dataId);
  });
  const hooked = <T>(run: () => T): T => {
    const restore = replace(engine, 'runKernel', () => writing.runKernel);
    try {
      return run();
    } finally {
      restore();
    }
  };
  const writing: Writing = {
    writer,
    recorder,
    runKernel(name, inputs, attrs) {
      if (asPart.isOn()) return plainKernel(name, inputs, attrs);
      const infos = inputsNow(inputs);
      const free = freeAttribute(name, attrs);
      const result = asPart.run(() => plainKernel(name, inputs, recordedAttributes(attrs, free)));
      const outputs = [result].flat();
      writing.kernel(name, infos, attrs, outputs, outputs, Array.isArray(result), free);
      if (engine.state.gradientDepth > 1) refusal ??= 'it takes gradients within the loss function';
      return result;
    },
    kernel(name, inputs, attrs, infos, outputs, several, free) {
      writer.kernel(name, inputs, attrs, infos, several, free);
      if (forward) made.push(...outputs);
    },
    assigned: (variable, dataId) => writer.put({ kind: 'assign', variable, data: writer.number({ dataId }) }),
    back(custom, operation, dy, saved) {
      writer.put({ kind: 'back', custom, dy: writer.place(dy) });
      const gradients = hooked(() => operation.backwardsFunc(dy, saved));
      return Object.fromEntries(
        Object.entries(gradients).map(([input, gradient]) => [
          input,
          () => {
            const result = hooked(gradient);
            writer.put({ kind: 'gradient', custom, input, data: writer.number(result) });
            return result;
          },
        ]),
      );
    },
    returned(loss) {
      forward = false;
      const kept = made.filter((tensor) => !tensor.isDisposed && isKept(tensor));
      if (loss instanceof Tensor) writer.returned(loss, kept);
    },
    finish() {
      const recording = recorder.finish();
      const reason = refusal ?? recording.refusal;
      if (reason !== undefined) return reason;
      try {
        return compileStep(host, writer.course(), recording, variables);
      } catch (error) {
        return (error as Error).message;
      }
    },
    abandon: () => void recorder.finish(),
  };
  return writing;
}
