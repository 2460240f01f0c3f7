import './packages/benchmarks/dist/wasm/relaxed-simd.js';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { useWasm, capture, stepReport } from '@overparam/backend-tfjs-wasm';
import { losses } from './packages/benchmarks/dist/wasm/models/index.js';
const threads = +(process.argv[4] ?? 1);
await useWasm({ threads });
const name = process.argv[2], kind = process.argv[3] ?? 'sgd';
const make = () => kind === 'adam' ? tf.train.adam(1e-3) : tf.train.sgd(0.01);
const time = (f, ms) => { let best = Infinity; const end = performance.now() + ms; while (performance.now() < end) { const c = process.cpuUsage(); const t0 = performance.now(); let n = 0; while (performance.now() - t0 < 60 || n < 3) { const k = f(); k.dataSync(); k.dispose(); n++; } let t; { const u = process.cpuUsage(c); t = (u.user + u.system) / 1000 / n; } best = Math.min(best, t); } return best; };
const loss = losses[name](); const o1 = make(), o2 = make(), o3 = make();
class Plain extends (kind === 'adam' ? tf.AdamOptimizer : tf.SGDOptimizer) {}
const plain = kind === 'adam' ? new Plain(1e-3, 0.9, 0.999) : new Plain(0.01);
const eager = () => plain.minimize(loss, true); const check = () => o2.minimize(loss, true); const prog = capture(() => o3.minimize(loss, true));
time(eager, 1500); time(check, 1200); time(prog, 800);
let e = [], c = [], p = [];
for (let r = 0; r < 5; r++) { e.push(time(eager, 400)); c.push(time(check, 400)); p.push(time(prog, 400)); }
const med = (x) => x.sort((a, b) => a - b)[2];
console.log(name, kind, 'eager', med(e).toFixed(3), 'checked', med(c).toFixed(3), (med(e) / med(c)).toFixed(2), 'program', med(p).toFixed(3), 'ratio', (med(e) / med(p)).toFixed(2), JSON.stringify(stepReport(o2)).slice(0,200));
