import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A child process that computes assignments with scipy. */
export interface Scipy {
  /** Milliseconds of the processor, and the mean squared distance of the pairs. */
  assign(n: number, points: readonly number[]): Promise<readonly [milliseconds: number, cost: number]>;
  close(): void;
}

const script = fileURLToPath(new URL('../../torch/assignment.py', import.meta.url));

/** Starts it, if there is a Python with scipy (Debian: apt-get install python3-scipy). */
export function startScipy(): Scipy | undefined {
  const python = ['python3', '/usr/bin/python3'].find(
    (name) => spawnSync(name, ['-c', 'import scipy.optimize']).status === 0,
  );
  if (python === undefined) return undefined;
  const env = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };
  const child = spawn(python, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async assign(n, points) {
      child.stdin.write(`${JSON.stringify({ n, points })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`python ended with code ${child.exitCode} in the middle of a measurement`);
      return JSON.parse(value as string) as [number, number];
    },
    close: () => void child.kill(),
  };
}
