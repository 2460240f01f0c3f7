// Side by side with LAPACK (through PyTorch, one thread) and ml-matrix: rounds in turn, medians, and medians of the ratios of
// a round. `node bench/run.js [--tasks cholesky,...] [--sizes 500,1000] [--rounds 9] [--python /usr/bin/python3] [--no-ml-matrix] [--json]`
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import * as MlMatrix from 'ml-matrix';
import * as algebra from '../dist/index.js';

// LAPACK and ml-matrix have one as well; threads.js measures more.
algebra.useThreads(1);

const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string' },
    sizes: { type: 'string', default: '500,1000' },
    rounds: { type: 'string', default: '9' },
    python: { type: 'string', default: '/usr/bin/python3' },
    'no-ml-matrix': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(`npm run bench -w @overparam/linear-algebra -- [options]

  --tasks LIST     names of functions, such as cholesky,symmetricEigen (default: all)
  --sizes LIST     numbers of rows (default 500,1000)
  --rounds N       interleaved rounds, of which the median counts (default 9)
  --python PATH    a python3 with torch, for LAPACK
  --no-ml-matrix   leaves ml-matrix out
  --json           prints every measurement`);
  process.exit();
}
const rounds = Number(options.rounds);
const { CholeskyDecomposition, EigenvalueDecomposition, Matrix, QrDecomposition } = MlMatrix;

const tasks = {
  cholesky: (a) => new CholeskyDecomposition(a).lowerTriangularMatrix,
  symmetricEigen: (a) => new EigenvalueDecomposition(a, { assumeSymmetric: true }).eigenvectorMatrix,
  symmetricEigenvalues: (a) => new EigenvalueDecomposition(a, { assumeSymmetric: true }).realEigenvalues,
  multiply: (a) => a.mmul(a),
  ldlt: undefined,
  leastSquares: (a) => new QrDecomposition(a).solve(a.subMatrix(0, a.rows - 1, 0, 0)),
};

/** The same by this package. */
const ours = {
  ...algebra,
  multiply: (a) => algebra.multiply(a, a),
  leastSquares: (a) =>
    algebra.leastSquares(
      a,
      Float64Array.from({ length: a.rows }, (_, i) => a.data[i * a.columns]),
    ),
};

/** Numbers between -1 and 1, always the same. */
let state = 1;
const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;

function input(task, n) {
  const a = algebra.matrix(n, n, Float64Array.from({ length: n * n }, uniform));
  if (task === 'multiply' || task === 'leastSquares') return a;
  if (task === 'cholesky') {
    const g = algebra.gram(a);
    for (let i = 0; i < n; i++) g.data[i * (n + 1)] += 1;
    return g;
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a.data[j * n + i] = a.data[i * n + j];
  return a;
}

/** Milliseconds by the clock and of the processor. */
function timed(run) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  run();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - start, cpu: (user + system) / 1e3 };
}

/** LAPACK in a process of its own, or undefined where it is not installed. */
async function lapack() {
  const child = spawn(options.python, [new URL('lapack.py', import.meta.url).pathname], {
    env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: name, done } = await lines.next();
  if (done) return undefined;
  return {
    name,
    async run(task, file, n) {
      child.stdin.write(`${task} ${file} ${n}\n`);
      const [wall, cpu] = (await lines.next()).value.split(' ').map(Number);
      return { wall, cpu };
    },
    close: () => child.stdin.end(),
  };
}

const median = (list) => list.toSorted((x, y) => x - y)[list.length >> 1];

const folder = mkdtempSync(join(tmpdir(), 'overparam-bench-'));
const peer = await lapack();
const rows = [];
try {
  for (const n of options.sizes.split(',').map(Number)) {
    for (const [task, mlTask] of Object.entries(tasks)) {
      if (options.tasks && !options.tasks.split(',').includes(task)) continue;
      const a = input(task, n);
      const file = join(folder, 'matrix');
      writeFileSync(file, a.data);
      const ml = new Matrix(Array.from({ length: n }, (_, i) => Array.from(a.data.subarray(i * n, (i + 1) * n))));
      const compute = () => ours[task](a);
      const runs = { wasm: [], typescript: [], lapack: [], mlMatrix: [] };
      // The first round warms up and is not counted.
      for (let round = 0; round <= rounds; round++) {
        for (const kernels of ['wasm', 'typescript']) {
          algebra.useKernels(kernels);
          compute();
          runs[kernels].push(timed(compute));
        }
        if (peer) runs.lapack.push(await peer.run(task, file, n));
        // Where it takes seconds, two rounds tell enough.
        const slow = runs.mlMatrix.length > 2 && runs.mlMatrix[1].wall > 1000;
        if (mlTask && !options['no-ml-matrix'] && !slow) runs.mlMatrix.push(timed(() => mlTask(ml)));
      }
      const row = { task, n };
      for (const clock of ['wall', 'cpu']) {
        const times = Object.fromEntries(
          Object.entries(runs).map(([k, list]) => [k, list.slice(1).map((t) => t[clock])]),
        );
        row[clock] = {};
        for (const [name, list] of Object.entries(times)) if (list.length) row[clock][name] = median(list);
        const ratio = (x, y) => (y.length ? median(y.map((t, i) => x(t, i))) : undefined);
        row[clock].overLapack = ratio((t, i) => times.wasm[i] / t, times.lapack);
        row[clock].fasterThanMlMatrix = ratio((t, i) => t / times.wasm[i], times.mlMatrix);
      }
      rows.push(row);
      if (!options.json) print(row, rows.length === 1);
    }
  }
} finally {
  peer?.close();
  rmSync(folder, { recursive: true, force: true });
}
if (options.json) console.log(JSON.stringify({ lapack: peer?.name, node: process.version, rounds, rows }, null, 2));

function print({ task, n, cpu, wall }, first) {
  if (first) {
    console.log(`Node ${process.version}; ${peer ? peer.name : 'no PyTorch here: LAPACK left out'}; ${rounds} rounds`);
    console.log('Processor time in ms; ratios by processor time and, in brackets, by the clock.');
    console.log('| | N | wasm | TypeScript | LAPACK | ml-matrix | over LAPACK | faster than ml-matrix |');
    console.log('|---|---|---|---|---|---|---|---|');
  }
  const ms = (x) => (x === undefined ? '' : x.toPrecision(3));
  const both = (name) => (cpu[name] === undefined ? '' : `${ms(cpu[name])} (${ms(wall[name])})`);
  console.log(
    `| ${task} | ${n} | ${ms(cpu.wasm)} | ${ms(cpu.typescript)} | ${ms(cpu.lapack)} | ${ms(cpu.mlMatrix)} | ${both('overLapack')} | ${both('fasterThanMlMatrix')} |`,
  );
}
