import { engine, Tensor, type TensorContainer } from '@tensorflow/tfjs-core';
import { type KernelHost } from '../kernels/host.ts';
import { activeHost } from '../kernels/register.ts';
import { isRecording } from './effects.ts';
import { type Block } from './memory.ts';
import { withoutRandomness } from './randomness.ts';
import { record } from './recorder.ts';
import { type ProgramSize } from './program.ts';
import { type Recording } from './recording.ts';
import { createReplay, type VariablesByData, variablesByData } from './replay.ts';

/** What became of a captured function. */
export interface CaptureReport {
  /** How many calls ran a program. */
  readonly compiled: number;
  /** How many calls ran the function itself. */
  readonly eager: number;
  /** The programs in memory, the one used last at the end. */
  readonly programs: readonly ProgramReport[];
  /** Why calls ran the function itself, but for the first call with inputs of each shape. */
  readonly reasons: readonly string[];
}

export interface ProgramReport extends ProgramSize {
  /** Shapes and types of the inputs. */
  readonly inputs: string;
}

/** A function of tensors that runs as a program. */
export interface Captured<Inputs extends readonly Tensor[], Output extends TensorContainer> {
  (...inputs: Inputs): Output;
  /** What became of the calls so far. */
  report(): CaptureReport;
  /** Frees the programs. The function can be called again. */
  dispose(): void;
}

interface Compiled {
  readonly host: KernelHost;
  readonly report: ProgramReport;
  /** undefined where it does not apply any more, or a kernel refused its input: then nothing has changed. */
  run(inputs: readonly Tensor[]): { readonly output: TensorContainer } | undefined;
  dispose(): void;
}

/** Programs that are kept, for inputs of different shapes. */
const mostPrograms = 8;
/** A function that could not be captured so often is not tried again. */
const mostRefusals = 3;

/**
 * Captures what `compute` does with the kernels of the wasm backend, and from then on makes the same calls as one program, without
 * tfjs and without `compute`: the results are equal to the bit. The first call with inputs of new shapes or types runs `compute`;
 * a call that can't be captured does as well, and `report()` tells why.
 *
 * In the program the inputs are those of each call. Variables have the values that they have then, and are assigned to as
 * `compute` does; optimizers of tfjs count their iterations and use their present learning rates. Everything else is as it was when it was captured: other tensors, numbers, branches. So
 * `compute` must not read tensors, draw random numbers in JavaScript or create variables; and of what it does besides
 * computing tensors nothing is repeated. A run that fails changes nothing.
 *
 * Without `useWasm()`, or on another backend, `compute` itself is called.
 *
 * @param compute a function of tensors; it returns tensors, alone, in arrays or in objects, or nothing
 */
export function capture<Inputs extends readonly Tensor[], Output extends TensorContainer>(
  compute: (...inputs: Inputs) => Output,
): Captured<Inputs, Output> {
  const programs = new Map<string, Compiled>();
  const refusals = new Map<string, number>();
  const reasons = new Set<string>();
  let [compiled, eager] = [0, 0];

  const drop = (key: string): void => {
    programs.get(key)?.dispose();
    programs.delete(key);
  };
  const dispose = (): void => [...programs.keys()].forEach(drop);
  const plain = (inputs: Inputs, reason?: string): Output => {
    eager++;
    if (reason !== undefined) reasons.add(reason);
    return compute(...inputs);
  };
  const replay = (key: string, inputs: Inputs): { readonly output: TensorContainer } | undefined => {
    const program = programs.get(key);
    const result = program?.run(inputs);
    if (!program || !result) {
      if (program) drop(key);
      return undefined;
    }
    // The one used last goes to the end.
    programs.delete(key);
    programs.set(key, program);
    return result;
  };

  const run = (...inputs: Inputs): Output => {
    const host = activeHost();
    if (!host) return plain(inputs, 'the kernels of useWasm() are not in use');
    if (isRecording()) return plain(inputs);
    for (const [key, program] of programs) if (program.host !== host) drop(key);
    const key = inputs.map(({ shape, dtype }) => `${dtype}[${shape}]`).join(', ');
    const result = replay(key, inputs);
    if (result) {
      compiled++;
      return result.output as Output;
    }
    if ((refusals.get(key) ?? 0) >= mostRefusals) return plain(inputs);
    eager++;
    const captured = compile(host, key, inputs, compute);
    if (typeof captured.program === 'string') {
      refusals.set(key, (refusals.get(key) ?? 0) + 1);
      reasons.add(captured.program);
    } else {
      programs.set(key, captured.program);
      if (programs.size > mostPrograms) drop(programs.keys().next().value!);
    }
    return captured.output;
  };
  return Object.assign(run, {
    report: () => ({
      compiled,
      eager,
      programs: [...programs.values()].map(({ report }) => report),
      reasons: [...reasons],
    }),
    dispose,
  });
}

/** Runs `compute` once as it is, and makes a program of what it did; or says why that is not possible. */
function compile<Inputs extends readonly Tensor[], Output extends TensorContainer>(
  host: KernelHost,
  key: string,
  inputs: Inputs,
  compute: (...inputs: Inputs) => Output,
): { readonly output: Output; readonly program: Compiled | string } {
  const variables = variablesByData();
  const { value, recording } = record(host, () => withoutRandomness(() => compute(...inputs)));
  const output = value.result;
  const refusal =
    recording.refusal ?? (value.drew ? 'it draws random numbers in JavaScript: pass them as inputs' : undefined);
  if (refusal !== undefined) return { output, program: refusal };
  try {
    return { output, program: build(host, key, inputs, output, recording, variables) };
  } catch (error) {
    return { output, program: (error as Error).message };
  }
}

function build(
  host: KernelHost,
  key: string,
  inputs: readonly Tensor[],
  output: TensorContainer,
  recording: Recording,
  variables: VariablesByData,
): Compiled | string {
  const results: Block[] = [];
  const make = templateOf(output, (tensor) => {
    const block = recording.blockOf(tensor.dataId);
    const { shape, dtype } = tensor;
    if (block) results.push(block);
    return { block, shape, dtype };
  });
  const replay = createReplay<readonly Tensor[]>(host, recording, {
    results,
    variables,
    locate({ dataId }) {
      const input = inputs.findIndex((tensor) => tensor.dataId === dataId);
      return input < 0 ? undefined : (given) => given[input]!.dataId;
    },
  });
  if (typeof replay === 'string') return replay;
  return {
    host,
    report: { inputs: key, ...replay.size },
    run(given) {
      if (!replay.run(given)) return undefined;
      const output = make(({ block, shape, dtype }) => {
        const made = host.backend.makeOutput(shape, dtype);
        if (block) replay.copy(block, made.dataId);
        return engine().makeTensorFromTensorInfo(made);
      });
      replay.commit();
      return { output };
    },
    dispose: replay.dispose,
  };
}

interface Result {
  readonly block: Block | undefined;
  readonly shape: number[];
  readonly dtype: Tensor['dtype'];
}

/** Makes containers like `output`, of which the tensors are made from what `describe` returns for each. */
function templateOf(
  output: TensorContainer,
  describe: (tensor: Tensor) => Result,
): (make: (result: Result) => Tensor) => TensorContainer {
  if (output instanceof Tensor) {
    const result = describe(output);
    return (make) => make(result);
  }
  if (Array.isArray(output)) {
    const items = output.map((item) => templateOf(item, describe));
    return (make) => items.map((item) => item(make));
  }
  if (typeof output === 'object' && output !== null) {
    const entries = Object.entries(output).map(
      ([name, item]) => [name, templateOf(item as TensorContainer, describe)] as const,
    );
    return (make) => Object.fromEntries(entries.map(([name, item]) => [name, item(make)]));
  }
  return () => output;
}
