import { minimize } from '@overparam/core';
import { ponos } from '@overparam/polyak-nonmonotone';

// f(w) = mean of (x.w - y)^2, with more parameters than samples.
const X = [
  [1, 2, 3],
  [0, 1, -1],
];
const y = [6, 1];
let w = [0, 0, 0];

const dot = (a: number[], b: number[]) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const loss = (w: number[]) => X.reduce((sum, x, i) => sum + (dot(x, w) - y[i]!) ** 2, 0) / X.length;
const gradient = (w: number[]) =>
  w.map((_, j) => X.reduce((sum, x, i) => sum + 2 * (dot(x, w) - y[i]!) * x[j]!, 0) / X.length);

let d = [0, 0, 0];
const along = (step: number) => w.map((v, i) => v + step * d[i]!);
const oracle = {
  linearize() {
    const g = gradient(w);
    d = g.map((v) => -v);
    return { value: loss(w), slope: -dot(g, g), squaredGradientNorm: dot(g, g) };
  },
  probe: (step: number) => loss(along(step)),
  move(step: number) {
    w = along(step);
  },
};

const { report } = await minimize(ponos(), oracle, { steps: 50 });
console.log(loss([0, 0, 0]), loss(w) < 0.1, report?.failed); // 18.5 true false
