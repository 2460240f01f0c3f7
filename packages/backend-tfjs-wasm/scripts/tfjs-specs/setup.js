// @ts-check
/** The first module of the bundle: jasmine's globals, tfjs's registrations and the one test environment, before any spec is read. */
import jasmineRequire from 'jasmine-core/lib/jasmine-core/jasmine.js';
import '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { registerTestEnv } from '@tensorflow/tfjs-core/dist/jasmine_util';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const jasmine = jasmineRequire.core(jasmineRequire);
const environment = jasmine.getEnv({ suppressLoadErrors: true });
Object.assign(globalThis, jasmineRequire.interface(jasmine, environment), { jasmine });
registerTestEnv({ name: 'wasm', backendName: 'wasm', isDataSync: true });

/**
 * @param {{ stock: boolean, relaxedSimd?: boolean, filter: string }} options
 * @returns {Promise<import('./expectations.js').Result[]>}
 */
export async function runSpecs({ stock, relaxedSimd, filter }) {
  if (stock) {
    setWasmPaths(
      `${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`,
    );
  } else {
    const { useWasm } = await import('../../src/use-wasm.ts');
    await useWasm(relaxedSimd === undefined ? {} : { relaxedSimd });
  }
  /** @type {import('./expectations.js').Result[]} */
  const results = [];
  /** @type {string[]} */
  const suites = [];
  environment.configure({ random: false, failFast: false, specFilter: (spec) => spec.getFullName().includes(filter) });
  environment.clearReporters();
  const done = new Promise((resolve) => {
    environment.addReporter({
      suiteStarted: ({ description }) => void suites.push(description),
      suiteDone: () => void suites.pop(),
      specDone: ({ fullName, status, failedExpectations }) => {
        if (status !== 'passed' && status !== 'failed') return;
        results.push({
          name: fullName,
          suite: (suites[0] ?? fullName).replace(/ wasm \{\}$/, ''),
          status,
          messages: failedExpectations.map((/** @type {{ message: string, stack?: string }} */ { message, stack }) =>
            stack?.includes(message) ? stack.split('\n').slice(0, 6).join('\n') : message,
          ),
        });
      },
      jasmineDone: resolve,
    });
  });
  silence();
  environment.execute();
  await done;
  return results;
}

/** tfjs warns about deprecations and overwritten kernels thousands of times; the results are what this run says. */
function silence() {
  console.warn = () => {};
  console.debug = () => {};
}
