import { type NamedAttrMap } from '@tensorflow/tfjs-core';
import { type KernelHost, memoryOf } from '../kernels/host.ts';
import { type Course, follow, type Follower, freeAttributes, type KernelEvent } from './course.ts';
import { type Block } from './memory.ts';
import { parameter } from './parameter.ts';
import { dataOf } from './placeholders.ts';
import { type Recording } from './recording.ts';
import { createReplay, type Replay, type VariablesByData } from './replay.ts';

/** A training step as a program: what its loss function must ask for, and what then computes the whole step. */
export interface CompiledStep {
  readonly host: KernelHost;
  readonly course: Course;
  readonly replay: Replay<Follower>;
  /** What kernels took as constants, by the number of the data. */
  readonly constants: ReadonlyMap<number, Uint8Array>;
  /** Where the results lie that outlive the loss function, by the number of the data. */
  readonly outcome: ReadonlyMap<number, Block>;
}

/** Makes a program of a step that was computed kernel by kernel, or says why that is not possible. */
export function compileStep(
  host: KernelHost,
  course: Course,
  recording: Recording,
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
  return typeof replay === 'string' ? replay : { host, course, replay, constants, outcome };
}

/** Compares a step with a recorded one. */
export function followStep({ host, course, constants }: CompiledStep): Follower {
  return follow(course, (number, dataId) => {
    const values = constants.get(number);
    if (!values) return true;
    const { memoryOffset: at } = dataOf(host, dataId);
    const present = new Uint8Array(memoryOf(host.backend).buffer, at, values.length);
    return values.every((value, i) => value === present[i]);
  });
}

/** The attribute of a kernel that programs take anew in each run. */
export function freeAttribute(name: string, attrs: object | undefined): KernelEvent['free'] {
  const attribute = freeAttributes[name];
  if (attribute === undefined) return undefined;
  return { name: attribute, value: (attrs as Record<string, number>)[attribute]! };
}

/** The attributes as they are recorded: a parameter for the one that is free. */
export function recordedAttributes(
  attrs: NamedAttrMap | undefined,
  free: KernelEvent['free'],
): NamedAttrMap | undefined {
  return free ? { ...attrs, [free.name]: parameter(() => free.value) } : attrs;
}
