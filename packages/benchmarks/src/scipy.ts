import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A child process that computes with scipy: a line of JSON in, a line of JSON out. */
export interface Scipy<Question, Reply> {
  ask(question: Question): Promise<Reply>;
  close(): void;
}

/**
 * Starts it, if there is a Python with scipy (Debian: apt-get install python3-scipy).
 * @param script the name of a file in `torch/`
 */
export function startScipy<Question, Reply>(script: string): Scipy<Question, Reply> | undefined {
  const python = ['python3', '/usr/bin/python3'].find(
    (name) => spawnSync(name, ['-c', 'import scipy.optimize']).status === 0,
  );
  if (python === undefined) return undefined;
  const env = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };
  const child = spawn(python, [fileURLToPath(new URL(`../torch/${script}`, import.meta.url))], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`python ended with code ${child.exitCode} in the middle of a measurement`);
      return JSON.parse(value as string) as Reply;
    },
    close: () => void child.kill(),
  };
}
