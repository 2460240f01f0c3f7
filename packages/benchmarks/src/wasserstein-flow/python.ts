import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A child process that times steps of the same flows in Python. */
export interface Python {
  /** Milliseconds of a step; null where the library is absent. */
  time(flow: 'deconvolution' | 'relu', steps: number): Promise<number | null>;
  close(): void;
}

const script = fileURLToPath(new URL('../../torch/wasserstein_flow_step.py', import.meta.url));

/** Starts it on one thread, if there is a Python with NumPy; one that has torch too is preferred. */
export function startPython(): Python | undefined {
  const python = ['numpy, torch.nn', 'numpy']
    .flatMap((modules) => ['python3', '/usr/bin/python3'].map((name) => ({ name, modules })))
    .find(({ name, modules }) => spawnSync(name, ['-c', `import ${modules}`]).status === 0)?.name;
  if (python === undefined) return undefined;
  const env = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };
  const child = spawn(python, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async time(flow, steps) {
      child.stdin.write(`${JSON.stringify({ case: flow, steps })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`python ended with code ${child.exitCode} in the middle of a measurement`);
      return JSON.parse(value as string) as number | null;
    },
    close: () => void child.kill(),
  };
}
