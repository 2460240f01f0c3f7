import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const folder = new URL('../../assembly/', import.meta.url);
const k = 256;

/**
 * Compiles the micro-kernel and returns a function that repeats it for the given milliseconds and returns the GF/s, by processor
 * time, of the fastest run. Undefined where the engine lacks the instructions.
 */
export async function microKernelPeak(relaxed: boolean): Promise<((budget: number) => number) | undefined> {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const options = [
    'micro-kernel.ts',
    '-O3',
    '--runtime',
    'stub',
    '--noAssert',
    '--importMemory',
    '--initialMemory',
    '1',
  ];
  const features = ['--enable', 'simd', ...(relaxed ? ['--enable', 'relaxed-simd'] : [])];
  const { error, stderr } = await asc.main([...options, '--maximumMemory', '1', ...features, '--outFile', 'out.wasm'], {
    readFile: source,
    writeFile: (_name, contents) => {
      binary = contents as Uint8Array<ArrayBuffer>;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`asc compiled no micro-kernel: ${stderr}`);
  if (!WebAssembly.validate(binary)) return undefined;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
  const run = exports['run'] as (times: number, k: number) => number;
  const times = 10_000;
  const flops = 2 * run(times, k) * 8 * k;
  return (budget) => {
    const end = performance.now() + budget;
    let fastest = 0;
    while (performance.now() < end) {
      const before = process.cpuUsage();
      run(times, k);
      const { user, system } = process.cpuUsage(before);
      fastest = Math.max(fastest, (flops * times) / (user + system) / 1e3);
    }
    return fastest;
  };
}

function source(name: string): string | null {
  try {
    return readFileSync(new URL(name, folder), 'utf8');
  } catch {
    return null;
  }
}
