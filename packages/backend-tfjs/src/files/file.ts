import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { io } from '@tensorflow/tfjs-core';
import { OverparamError, badOption } from '@overparam/core';

/** Saves to, and loads from, one folder: a `tf.io.IOHandler` that can do both. */
export type FileHandler = Required<Pick<io.IOHandler, 'save' | 'load'>>;

const FORMAT = 'overparam-model';
const VERSION = 1;
const MODEL = 'model.json';

/** What is in `model.json`: the layout of tfjs-node, with what tells a whole model from half of one. */
interface SavedModel {
  readonly format?: unknown;
  readonly generatedBy?: unknown;
  readonly convertedBy?: unknown;
  readonly modelTopology?: unknown;
  readonly trainingConfig?: unknown;
  readonly userDefinedMetadata?: unknown;
  readonly weightsManifest?: readonly {
    readonly paths: readonly string[];
    readonly weights: io.WeightsManifestEntry[];
  }[];
  readonly overparam?: {
    readonly format: string;
    readonly version: number;
    readonly bytes: number;
    readonly checksum: string;
  };
}

/**
 * A folder for a model, in Node: `model.save(file('model'), { includeOptimizer: true })` and
 * `tf.loadLayersModel(file('model'))`. `@tensorflow/tfjs` alone has no `file://` there; the layout of the folder is that
 * of `@tensorflow/tfjs-node`, `model.json` beside the weights, so each reads what the other has saved.
 *
 * A save replaces the model in one step: a reader, and a process that is killed, leave the old model or the new one.
 *
 * @param path of the folder, or a `file:` URL of it
 * @throws OverparamError `BAD_OPTION`; from `load` `FILE_MISSING`, `FILE_DAMAGED`, `FILE_NEWER`; what the disk refuses
 *   passes through, and the model there stays
 */
export function file(path: string | URL): FileHandler {
  if ((typeof path !== 'string' && !(path instanceof URL)) || String(path) === '')
    throw badOption('path', path, 'the path of a folder, or a file: URL');
  const folder = resolve(/^file:/.test(String(path)) ? fileURLToPath(asUrl(String(path))) : String(path));
  return { save: (artifacts) => save(folder, artifacts), load: () => load(folder) };
}

/** `file://./model`, as tfjs-node has it, is relative to the working directory. */
const asUrl = (text: string): string =>
  text.startsWith('file:///') ? text : `file://${resolve(text.replace(/^file:(\/\/)?/, ''))}`;

async function save(folder: string, artifacts: io.ModelArtifacts): Promise<io.SaveResult> {
  const { modelTopology, weightSpecs = [], weightData, format, generatedBy, convertedBy, trainingConfig, userDefinedMetadata } = artifacts; // prettier-ignore
  if (modelTopology instanceof ArrayBuffer)
    throw badOption(
      'The model',
      'one with a binary topology',
      'a tf.LayersModel, or another model with a topology in JSON',
    );
  const weights = joined(weightData);
  // Weights of each save have a name of their own: the old model is whole until `model.json` names the new ones.
  const name = `weights-${randomBytes(6).toString('hex')}.bin`;
  const saved: SavedModel = {
    format,
    generatedBy,
    convertedBy,
    modelTopology,
    ...(trainingConfig && { trainingConfig }),
    ...(userDefinedMetadata && { userDefinedMetadata }),
    weightsManifest: [{ paths: [name], weights: weightSpecs }],
    overparam: { format: FORMAT, version: VERSION, bytes: weights.byteLength, checksum: checksum(weights) },
  };
  await mkdir(folder, { recursive: true });
  const before = await pathsOf(join(folder, MODEL));
  const draft = join(folder, `${MODEL}.${name}.draft`);
  try {
    await written(join(folder, name), weights);
    await written(draft, new TextEncoder().encode(JSON.stringify(saved)));
    await rename(draft, join(folder, MODEL));
  } catch (error) {
    await Promise.all([draft, join(folder, name)].map((one) => rm(one, { force: true })));
    throw error;
  }
  await Promise.all(before.filter(isOurs).map((one) => rm(join(folder, one), { force: true })));
  return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts) };
}

/** Only files that a save of ours made are removed. */
const isOurs = (name: string): boolean => /^weights-[0-9a-f]{12}\.bin$/.test(name);

async function pathsOf(path: string): Promise<readonly string[]> {
  try {
    const { weightsManifest } = JSON.parse(await readFile(path, 'utf8')) as SavedModel;
    return (weightsManifest ?? []).flatMap(({ paths }) => paths).filter((one) => typeof one === 'string');
  } catch {
    return [];
  }
}

/** Written, and on the disk. */
async function written(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function load(folder: string): Promise<io.ModelArtifacts> {
  const path = folder.endsWith('.json') ? folder : join(folder, MODEL);
  const saved = parse(path, await read(path));
  const { overparam, weightsManifest = [], ...rest } = saved;
  if (overparam && typeof overparam.version === 'number' && overparam.version > VERSION)
    throw new OverparamError(
      'FILE_NEWER',
      `${path} was saved by a newer @overparam/backend-tfjs (version ${overparam.version} of its format, and this one reads ${VERSION}): update the package.`,
    );
  if (typeof rest.modelTopology !== 'object' || rest.modelTopology === null)
    throw damaged(path, 'it has no model topology');
  if (
    !Array.isArray(weightsManifest) ||
    weightsManifest.some((group) => !Array.isArray(group?.paths) || !Array.isArray(group.weights))
  )
    throw damaged(path, 'its list of weights is not one');
  const chunks: Uint8Array[] = [];
  for (const name of weightsManifest.flatMap(({ paths }) => paths)) {
    if (typeof name !== 'string' || /[\\/]|^\.\.?$/.test(name))
      throw damaged(path, `it names weights outside of its folder (${String(name)})`);
    chunks.push(await read(join(dirname(path), name)));
  }
  const weights = joined(chunks.map((chunk) => chunk.slice().buffer as ArrayBuffer));
  const weightSpecs = weightsManifest.flatMap((group) => group.weights) as io.WeightsManifestEntry[];
  if (overparam && (overparam.bytes !== weights.byteLength || overparam.checksum !== checksum(weights)))
    throw damaged(
      path,
      `the weights beside it are not those that were saved (${weights.byteLength} bytes of ${overparam.bytes})`,
    );
  return { ...(rest as Partial<io.ModelArtifacts>), weightSpecs, weightData: weights.buffer as ArrayBuffer };
}

function parse(path: string, bytes: Uint8Array): SavedModel {
  try {
    const saved = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as SavedModel | null;
    if (typeof saved === 'object' && saved !== null) return saved;
  } catch (cause) {
    throw damaged(path, 'it is not JSON', cause);
  }
  throw damaged(path, 'it is not an object');
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code } = cause as { readonly code?: string };
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EISDIR') throw cause;
    throw new OverparamError(
      'FILE_MISSING',
      `There is no ${path}: save a model there first, with model.save(file('...'), { includeOptimizer: true }).`,
      { cause },
    );
  }
}

const damaged = (path: string, why: string, cause?: unknown): Error =>
  new OverparamError(
    'FILE_DAMAGED',
    `${path} cannot be loaded: ${why}. Save the model again, or load an earlier copy.`,
    { cause },
  );

function joined(data: io.WeightData | readonly ArrayBuffer[] | undefined): Uint8Array {
  const buffers = (data === undefined ? [] : Array.isArray(data) ? data : [data]) as readonly ArrayBuffer[];
  const all = new Uint8Array(buffers.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const buffer of buffers) {
    all.set(new Uint8Array(buffer), at);
    at += buffer.byteLength;
  }
  return all;
}

/** FNV-1a, 32 bits. */
function checksum(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
