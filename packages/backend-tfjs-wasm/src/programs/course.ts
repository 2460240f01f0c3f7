import { type DataType, type Tensor, type TensorInfo, Variable } from '@tensorflow/tfjs-core';

/**
 * What a loss function asked of tfjs, event by event. Data are numbered in the order in which they were first met, be they given to
 * the function or computed by it; tensors that share data have the same number.
 */
export interface Course {
  readonly events: readonly Event[];
  /** Data that were there before they were used, and whose they were. */
  readonly given: ReadonlyMap<number, { readonly dataId: object; readonly variable: Variable | undefined }>;
  /** Results that outlive the function: the loss, and tensors that were kept. */
  readonly outcome: ReadonlyMap<number, object>;
}

/** A tensor of an event. */
export interface Place {
  readonly data: number;
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

export interface KernelEvent {
  readonly kind: 'kernel';
  readonly name: string;
  readonly inputs: readonly (readonly [name: string, place: Place | undefined])[];
  readonly attrs: object | undefined;
  readonly outputs: readonly (Place & { readonly fresh: boolean })[];
  /** Whether the kernel returns its results in an array. */
  readonly several: boolean;
  /** An attribute that may differ from run to run. */
  readonly free?: { readonly name: string; value: number };
}

export type Event =
  | KernelEvent
  /** A function with a gradient of its own (`tf.customGrad`) begins, or ends. */
  | { readonly kind: 'begin' | 'end' }
  | { readonly kind: 'assign'; readonly variable: Variable; readonly data: number }
  /** The function returned its loss. */
  | { readonly kind: 'loss'; readonly data: number }
  /** On the way back: the gradient of such a function is called, and what it returned for an input. */
  | { readonly kind: 'back'; readonly custom: number; readonly dy: Place }
  | { readonly kind: 'gradient'; readonly custom: number; readonly input: string; readonly data: number };

/** The inputs of a kernel as they were when it was asked for: a variable may hold other data by now. */
export type Inputs = Readonly<Record<string, Input | undefined>>;
export interface Input extends TensorInfo {
  readonly tensor: Tensor;
}

/** Attributes that programs take anew in each run, by kernel. */
export const freeAttributes: Readonly<Record<string, string>> = { OverparamDropout: 'seed' };

/** Writes a course down. */
export interface CourseWriter {
  kernel(
    name: string,
    inputs: Inputs,
    attrs: object | undefined,
    outputs: readonly TensorInfo[],
    several: boolean,
    free?: KernelEvent['free'],
  ): void;
  put(event: Event): void;
  /** The number of data, a new one where they were not met before. */
  number(tensor: Pick<TensorInfo, 'dataId'>): number;
  place(tensor: TensorInfo): Place;
  /** The function has returned; on the way back, events may follow. */
  returned(loss: Tensor, kept: readonly Tensor[]): void;
  course(): Course;
}

export function writeCourse(variables: ReadonlyMap<object, readonly Variable[]>): CourseWriter {
  const events: Event[] = [];
  const numbers = new Map<object, number>();
  const given = new Map<number, { dataId: object; variable: Variable | undefined }>();
  const outcome = new Map<number, object>();
  const number = ({ dataId, tensor }: Pick<Input, 'dataId'> & Partial<Input>): number => {
    let data = numbers.get(dataId);
    if (data === undefined) {
      numbers.set(dataId, (data = numbers.size));
      given.set(data, { dataId, variable: tensor instanceof Variable ? tensor : variables.get(dataId)?.[0] });
    }
    return data;
  };
  const place = (tensor: TensorInfo & Partial<Input>): Place => ({
    data: number(tensor),
    shape: [...tensor.shape],
    dtype: tensor.dtype,
  });
  return {
    number,
    place,
    put: (event) => void events.push(event),
    kernel(name, inputs, attrs, outputs, several, free) {
      const from = Object.entries(inputs).map(([key, input]) => [key, input ? place(input) : undefined] as const);
      const to = outputs.map((output) => {
        const fresh = !numbers.has(output.dataId);
        if (fresh) numbers.set(output.dataId, numbers.size);
        return { ...place(output), fresh };
      });
      events.push({ kind: 'kernel', name, inputs: from, attrs, outputs: to, several, ...(free && { free }) });
    },
    returned(loss, kept) {
      for (const tensor of [loss, ...kept]) outcome.set(number(tensor), tensor.dataId);
      events.push({ kind: 'loss', data: number(loss) });
    },
    course: () => ({ events, given, outcome }),
  };
}

/** Compares what is asked with a course, event by event. */
export interface Follower {
  readonly course: Course;
  /** The next event. */
  next(): Event | undefined;
  /** Goes on to the next event. */
  advance(): void;
  /** The event where it is the same kernel, asked of the same inputs. */
  kernel(name: string, inputs: Inputs, attrs: object | undefined): KernelEvent | undefined;
  /** Data that the course calls by a number, once they are known. */
  data(number: number): object | undefined;
  numberOf(dataId: object): number | undefined;
  /** Says which data a number stands for. */
  bind(number: number, dataId: object): void;
}

/** @param sameValues whether given data hold what a kernel took as constants */
export function follow(course: Course, sameValues: (number: number, dataId: object) => boolean): Follower {
  let at = 0;
  const numbers = new Map<object, number>();
  const data: (object | undefined)[] = [];
  const bind = (number: number, dataId: object): void => {
    numbers.set(dataId, number);
    data[number] = dataId;
  };
  const matches = (tensor: Input, place: Place): boolean => {
    if (tensor.dtype !== place.dtype || !sameNumbers(tensor.shape, place.shape)) return false;
    const known = numbers.get(tensor.dataId);
    if (known !== undefined) return known === place.data;
    // Met for the first time, which it was in the course, too.
    const given = course.given.get(place.data);
    if (!given || data[place.data] !== undefined) return false;
    const { variable } = given;
    if (variable && variable !== tensor.tensor && variable.dataId !== tensor.dataId) return false;
    if (!sameValues(place.data, tensor.dataId)) return false;
    bind(place.data, tensor.dataId);
    return true;
  };
  return {
    course,
    next: () => course.events[at],
    advance: () => void at++,
    kernel(name, inputs, attrs) {
      const event = course.events[at];
      if (event?.kind !== 'kernel' || event.name !== name) return undefined;
      let i = 0;
      for (const key in inputs) {
        const [input, expected] = [inputs[key], event.inputs[i++]];
        if (!expected || expected[0] !== key) return undefined;
        const place = expected[1];
        if (input ? !place || !matches(input, place) : place) return undefined;
      }
      if (i !== event.inputs.length || !sameAttributes(attrs, event.attrs, event.free?.name)) return undefined;
      if (event.free) event.free.value = (attrs as Record<string, number>)[event.free.name]!;
      at++;
      return event;
    },
    data: (number) => data[number],
    numberOf: (dataId) => numbers.get(dataId),
    bind,
  };
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function sameAttributes(a: object | undefined, b: object | undefined, free?: string): boolean {
  if (a === b) return true;
  const [one, other] = [(a ?? {}) as Record<string, unknown>, (b ?? {}) as Record<string, unknown>];
  for (const key in one) if (key !== free && !sameValue(one[key], other[key])) return false;
  for (const key in other) if (!(key in one) && other[key] !== undefined) return false;
  return true;
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return sameAttributes(a, b);
}
