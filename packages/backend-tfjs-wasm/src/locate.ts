import { WasmError } from './error.ts';

/** A directory (path or URL) that holds tfjs's .wasm files, or the place of each file by its name. */
export type WasmPaths = string | Readonly<Record<string, string>>;

export type WasmFile = 'tfjs-backend-wasm.wasm' | 'tfjs-backend-wasm-simd.wasm';

const folder = '@tensorflow/tfjs-backend-wasm/dist/';

/** Node's modules, where this is Node; asking the process for them keeps `node:` imports out of browser bundles. */
interface NodeModules {
  readonly fs: { accessSync(path: string | URL): void; readFileSync(path: string | URL): Uint8Array<ArrayBuffer> };
  readonly module: { createRequire(from: string | URL): { resolve(specifier: string): string } };
  readonly path: { dirname(path: string): string; join(...parts: string[]): string };
}

function nodeModules(): NodeModules | undefined {
  const process = (
    globalThis as { process?: { versions?: { node?: string }; getBuiltinModule?(name: string): unknown } }
  ).process;
  if (process?.versions?.node === undefined || process.getBuiltinModule === undefined) return undefined;
  const builtin = (name: string): unknown => process.getBuiltinModule?.(name);
  return { fs: builtin('node:fs'), module: builtin('node:module'), path: builtin('node:path') } as NodeModules;
}

/**
 * Where tfjs's file lies: the user's `paths`; else beside tfjs's own module (Node), or at the address that a bundler gave
 * the file, that an import map or the page's node_modules gives tfjs, or beside the page's script.
 * @throws FILES_NOT_FOUND with every place that was tried and what was found there
 */
export async function locate(file: WasmFile, paths: WasmPaths | undefined): Promise<string> {
  const node = nodeModules();
  const tried: string[] = [];
  for (const place of paths === undefined ? places(file, node) : [userPlace(file, paths)]) {
    const complaint = node ? lookUp(place, node) : await fetchStart(place);
    if (complaint === undefined) return place;
    tried.push(`${place} (${complaint})`);
  }
  throw new WasmError(
    'FILES_NOT_FOUND',
    `${file} of @tensorflow/tfjs-backend-wasm was not found. Tried: ${tried.join('; ') || 'nothing, for lack of an address to start from'}. ` +
      `Serve the files of node_modules/${folder} and name their folder: useWasm({ paths: '/folder/' }).`,
  );
}

/** The file at a place that `locate` gave. */
export async function readFile(place: string): Promise<Uint8Array<ArrayBuffer>> {
  const node = nodeModules();
  if (node) return node.fs.readFileSync(toPath(place));
  return new Uint8Array(await (await fetch(place, { credentials: 'same-origin' })).arrayBuffer());
}

const toPath = (place: string): string | URL => (place.startsWith('file:') ? new URL(place) : place);

function userPlace(file: WasmFile, paths: WasmPaths): string {
  if (typeof paths === 'string') return /[/\\]$/.test(paths) ? paths + file : `${paths}/${file}`;
  const place = paths[file];
  if (place === undefined)
    throw new WasmError(
      'FILES_NOT_FOUND',
      `paths names ${Object.keys(paths).join(', ') || 'no file'}, but not ${file}: add it.`,
    );
  return place;
}

function places(file: WasmFile, node: NodeModules | undefined): readonly string[] {
  if (node) {
    const from =
      import.meta.url ?? `file://${(globalThis as unknown as { process: { cwd(): string } }).process.cwd()}/`;
    try {
      const manifest = node.module.createRequire(from).resolve('@tensorflow/tfjs-backend-wasm/package.json');
      return [node.path.join(node.path.dirname(manifest), 'dist', file)];
    } catch {
      return [];
    }
  }
  const bases = [
    importMapBase(),
    nodeModulesBase(),
    folderOf(globalThis.document?.baseURI ?? globalThis.location?.href),
  ];
  return [...new Set([bundled(file), ...bases.map((base) => base && new URL(file, base).href)])].filter(
    (place) => place !== undefined,
  );
}

/** The address that Vite, webpack, Rollup or Parcel gave the file: they rewrite this form of URL, and copy the file. */
function bundled(file: WasmFile): string | undefined {
  const address =
    file === 'tfjs-backend-wasm.wasm'
      ? new URL('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm', import.meta.url)
      : new URL('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm', import.meta.url);
  // Without a bundler the same address comes out as written, relative to this module, where nothing is.
  return address.pathname.endsWith(`/${folder}${file}`) && !address.pathname.includes(`/node_modules/${folder}`)
    ? undefined
    : address.href;
}

/** The folder of the module that an import map names for tfjs, be it in a node_modules or on a CDN. */
function importMapBase(): string | undefined {
  try {
    const address = import.meta.resolve('@tensorflow/tfjs-backend-wasm');
    return address.endsWith('/+esm') ? address.replace(/\/\+esm$/, '/dist/') : folderOf(address);
  } catch {
    return undefined;
  }
}

/** In an unbundled page and in Vite's development server this module lies in the node_modules in which tfjs lies too. */
function nodeModulesBase(): string | undefined {
  const [base, rest] = import.meta.url.split(/\/node_modules\/(?!.*\/node_modules\/)/);
  return rest === undefined ? undefined : `${base}/node_modules/${folder}`;
}

const folderOf = (address: string | undefined): string | undefined =>
  address === undefined ? undefined : new URL('.', address).href;

function lookUp(place: string, node: NodeModules): string | undefined {
  try {
    node.fs.accessSync(toPath(place));
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** A server may answer any address with a page, so only the magic number of a wasm file counts. */
async function fetchStart(place: string): Promise<string | undefined> {
  try {
    const response = await fetch(place, { credentials: 'same-origin' });
    if (!response.ok) return `status ${response.status}`;
    const [zero, a, s, m] = new Uint8Array(await response.arrayBuffer());
    return zero === 0x00 && a === 0x61 && s === 0x73 && m === 0x6d ? undefined : 'not a wasm file';
  } catch (error) {
    return (error as Error).message;
  }
}
