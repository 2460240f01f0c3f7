import { OverparamError } from './error.ts';

const FORMAT = 'overparam-checkpoint';
const VERSION = 1;

/** A method's state as plain JSON: `JSON.stringify` it. */
export interface Checkpoint<State = unknown> {
  readonly format: typeof FORMAT;
  readonly version: number;
  /** The name of the method whose state this is. */
  readonly method: string;
  readonly state: State;
  /** FNV-1a of the state, so that a damaged file is not taken for a state. */
  readonly checksum: string;
}

interface Stateful<State> {
  readonly name: string;
  init(): State;
}

/**
 * The checkpoint of a method's state.
 * @throws OverparamError `STATE_NOT_PLAIN` for a state that JSON would change, naming the entry
 */
export function checkpoint<State>(method: Stateful<State>, state: State): Checkpoint<State> {
  checkPlain(state, 'state');
  return { format: FORMAT, version: VERSION, method: method.name, state, checksum: checksum(state) };
}

/**
 * The state in a checkpoint, given as text or as parsed JSON.
 * @throws OverparamError `CHECKPOINT_DAMAGED`, `CHECKPOINT_FOREIGN` (of another method), `CHECKPOINT_NEWER`
 */
export function restore<State>(method: Stateful<State>, saved: unknown): State {
  const data = typeof saved === 'string' ? parse(saved) : saved;
  const { format, version, method: name, state, checksum: sum } = (data ?? {}) as Partial<Checkpoint<State>>;
  if (format !== FORMAT) throw damaged(`its format is ${JSON.stringify(format)}, not '${FORMAT}'`);
  if (typeof version !== 'number' || !(version >= 1)) throw damaged(`its version is ${JSON.stringify(version)}`);
  if (version > VERSION)
    throw new OverparamError(
      'CHECKPOINT_NEWER',
      `The checkpoint has format version ${version}, and this @overparam/core reads up to ${VERSION}: update @overparam/core.`,
    );
  if (name !== method.name)
    throw new OverparamError(
      'CHECKPOINT_FOREIGN',
      `The checkpoint is of the method ${JSON.stringify(name)}, not of '${method.name}': restore it with the method that made it.`,
    );
  if (state === undefined || sum !== checksum(state)) throw damaged('its checksum does not fit its state');
  const fields = keys(method.init());
  if (keys(state) !== fields) throw damaged(`its state has the fields {${keys(state)}}, and '${name}' has {${fields}}`);
  return state;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged('it is not JSON', cause);
  }
}

const damaged = (why: string, cause?: unknown): Error =>
  new OverparamError('CHECKPOINT_DAMAGED', `The checkpoint cannot be read: ${why}. Restore an earlier one.`, { cause });

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** An object literal, of this realm or of another (a worker's clone), or one without a prototype. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const keys = (value: unknown): string => (isRecord(value) ? Object.keys(value).sort().join(', ') : typeof value);

/** Throws unless JSON gives back the same value. */
function checkPlain(value: unknown, path: string): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (Array.isArray(value)) return value.forEach((entry, i) => checkPlain(entry, `${path}[${i}]`));
  if (isPlain(value)) return Object.entries(value).forEach(([key, entry]) => checkPlain(entry, `${path}.${key}`));
  throw new OverparamError(
    'STATE_NOT_PLAIN',
    `${path} is ${isRecord(value) ? `an object of the class ${value.constructor?.name ?? '?'}` : String(value)}, which JSON does not keep: a state holds finite numbers, strings, booleans, null, arrays and plain objects.`,
  );
}

/** FNV-1a, 32 bits, of the JSON with sorted keys. */
function checksum(state: unknown): string {
  const text = JSON.stringify(state, (_, value: unknown) =>
    isRecord(value) && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
