import { execFile, execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import pMap from 'p-map';

/**
 * Runs a command to its end and returns what it printed; what it says to the user is shown.
 * @param {string} cwd
 * @param {string} command
 * @param {...string} args
 * @returns {string}
 */
export const run = (cwd, command, ...args) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 28 });

/** As `run`, with everything shown as it comes. */
export const show = (cwd, command, ...args) =>
  void execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });

const start = promisify(execFile);

/**
 * As `run`, beside others. What it says to the user comes with the exception, when it fails.
 * @param {string} cwd
 * @param {string} command
 * @param {...string} args
 * @returns {Promise<string>}
 */
export const runBeside = async (cwd, command, ...args) =>
  (await start(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 })).stdout;

/**
 * As many at a time as there are processors; the results in the order of the list.
 * @template T, R
 * @param {readonly T[]} list
 * @param {(one: T) => Promise<R>} body
 * @returns {Promise<R[]>}
 */
export const sideBySide = (list, body) => pMap(list, body, { concurrency: availableParallelism() });
