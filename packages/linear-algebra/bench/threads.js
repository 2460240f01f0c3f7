// Factors and products on one thread and on several, in turn: `node bench/threads.js [--threads 2] [--sizes 500,1000,2000] [--rounds 7]`
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as algebra from '../dist/index.js';

const { values: options } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    sizes: { type: 'string', default: '500,1000,2000' },
    rounds: { type: 'string', default: '7' },
  },
});
const [threads, rounds] = [Number(options.threads), Number(options.rounds)];
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** Numbers between -1 and 1, always the same. */
let state = 1;
const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;

console.log(`Node ${process.version}; ${rounds} rounds; milliseconds by the clock, medians.`);
console.log(`| | N | 1 thread | ${threads} threads | faster |`);
console.log('|---|---|---|---|---|');
for (const n of options.sizes.split(',').map(Number)) {
  const a = algebra.matrix(n, n, Float64Array.from({ length: n * n }, uniform));
  const definite = algebra.gram(a);
  for (let i = 0; i < n; i++) definite.data[i * (n + 1)] += 1;
  const tasks = {
    cholesky: () => algebra.cholesky(definite),
    gram: () => algebra.gram(a),
    multiply: () => algebra.multiply(a, a),
  };
  for (const [task, compute] of Object.entries(tasks)) {
    const times = [1, threads].map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, count] of [1, threads].entries()) {
        algebra.useThreads(count);
        // The threads start at the first of them, and are warm at the second.
        compute();
        await setTimeout(200);
        compute();
        const start = performance.now();
        compute();
        times[i].push(performance.now() - start);
      }
    }
    const [one, several] = times.map(median);
    console.log(
      `| \`${task}\` | ${n} | ${one.toPrecision(3)} | ${several.toPrecision(3)} | ${(one / several).toFixed(2)} |`,
    );
  }
}
