import { execFileSync } from 'node:child_process';

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
