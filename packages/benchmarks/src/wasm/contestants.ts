import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Answer, type Request } from './protocol.ts';

export type ContestantId = 'stock' | 'cpu' | 'simd' | 'relaxed' | 'relaxed-all' | 'torch' | 'torch-all';

/** Something that is measured: a child process of its own, so that heaps and compiled code don't mix. */
export interface Contestant {
  readonly id: ContestantId;
  readonly title: string;
  ask(request: Request): Promise<Answer>;
  close(): void;
}

export const titles: Readonly<Record<ContestantId, string>> = {
  stock: 'tfjs-wasm',
  cpu: 'tfjs cpu',
  simd: 'ours',
  relaxed: 'ours, FMA',
  'relaxed-all': `ours, FMA, ${availableParallelism()} threads`,
  torch: 'PyTorch, 1 thread',
  'torch-all': `PyTorch, ${availableParallelism()} threads`,
};

const worker = fileURLToPath(new URL('./tfjs-worker.js', import.meta.url));
const torchWorker = fileURLToPath(new URL('../../torch/wasm_worker.py', import.meta.url));

/** The Python that has torch, if there is one. */
export function findTorch(): string | undefined {
  // A folder of the name torch passes for the module, but has no torch.nn.
  return ['python3', '/usr/bin/python3'].find((python) => spawnSync(python, ['-c', 'import torch.nn']).status === 0);
}

/** Starts a contestant, or says why it can't take part. */
export function enter(id: ContestantId, torch: string | undefined): Contestant | string {
  if (id.startsWith('torch')) {
    if (torch === undefined) return 'no python3 with torch was found (Debian: python3-torch)';
    const threads = id === 'torch' ? 1 : availableParallelism();
    // torch.set_num_threads alone leaves OpenBLAS on all cores.
    const env = { ...process.env, OPENBLAS_NUM_THREADS: `${threads}`, OMP_NUM_THREADS: `${threads}` };
    return contestant(id, spawn(torch, [torchWorker, `${threads}`], { env, stdio: ['pipe', 'pipe', 'inherit'] }));
  }
  return contestant(id, spawn(process.execPath, [worker, id], { stdio: ['pipe', 'pipe', 'inherit'] }));
}

function contestant(id: ContestantId, child: ChildProcess): Contestant {
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    id,
    title: titles[id],
    async ask(request) {
      child.stdin!.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${titles[id]} ended with code ${child.exitCode} in the middle of a measurement`);
      return JSON.parse(value as string) as Answer;
    },
    close: () => void child.kill(),
  };
}
