import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const source = readFileSync(new URL('../../assembly/micro-kernel.ts', import.meta.url), 'utf8');
const k = 256;
const flops = 2 * 5 * 8 * k;

/** Compiles the micro-kernel and returns a function that repeats it for so many milliseconds and tells the GF/s, by processor time, of the fastest run. Undefined where the engine lacks the instructions. */
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
    readFile: (name) => (name === 'micro-kernel.ts' ? source : null),
    writeFile: (_name, contents) => {
      binary = contents as Uint8Array<ArrayBuffer>;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`asc compiled no micro-kernel: ${stderr}`);
  if (!WebAssembly.validate(binary)) return undefined;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
  const run = exports['run'] as (times: number, k: number) => void;
  const times = 10_000;
  run(times, k);
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
