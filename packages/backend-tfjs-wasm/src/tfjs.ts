import { type BackendWasm, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import { engine, env, Environment, version_core } from '@tensorflow/tfjs-core';
import { WasmError } from './error.ts';

const supported = /^4\.(2[2-9]|[3-9]\d)\./;

/**
 * The kernels read the layout of tfjs's memory, which tfjs doesn't document, so they insist on the versions they know.
 * @throws TFJS_VERSION
 */
export function assertVersions(versions: { readonly core: string; readonly wasm: string }): void {
  for (const [name, version] of Object.entries(versions))
    if (!supported.test(version))
      throw new WasmError(
        'TFJS_VERSION',
        `@tensorflow/tfjs-${name === 'core' ? 'core' : 'backend-wasm'} is ${version}: install 4.22.0 or a later 4.x of both packages.`,
      );
  if (versions.core !== versions.wasm)
    throw new WasmError(
      'TFJS_VERSION',
      `@tensorflow/tfjs-core is ${versions.core}, but @tensorflow/tfjs-backend-wasm is ${versions.wasm}: install the same version of both.`,
    );
}

export const installedVersions = (): { readonly core: string; readonly wasm: string } => ({
  core: version_core,
  wasm: version_wasm,
});

// Every copy of tfjs-core sets the platform when it is loaded, and the first one creates the environment:
// so a copy that came before this import shows in the environment's class, one that came after it in the platform.
const platformAtImport = env().platform;

/**
 * @throws TFJS_COPIES when another copy of tfjs-core than the one that this package imports is loaded as well
 */
export function assertOneCopy(): void {
  if (env().constructor !== Environment || env().platform !== platformAtImport)
    throw new WasmError(
      'TFJS_COPIES',
      'Two copies of @tensorflow/tfjs-core are loaded, and their tensors do not fit together. `npm ls @tensorflow/tfjs-core` names them: ' +
        'make the versions agree and run `npm dedupe`; in a bundler, alias or dedupe @tensorflow/tfjs-core.',
    );
}

/** The wasm backend if it has been started already; unlike tf.findBackend this starts none. */
export function runningWasmBackend(): BackendWasm | undefined {
  return (engine() as unknown as { registry: Record<string, BackendWasm | undefined> }).registry['wasm'];
}
