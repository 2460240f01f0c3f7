import {
  gaussian,
  measureProblem,
  seeded,
  squared,
  torus,
  totalVariation,
  trigonometric,
  uniform,
  type Measure,
  type MeasureProblem,
} from '@overparam/wasserstein-flow';

/** A problem, and its minimum. */
export interface KnownOptimum {
  readonly problem: MeasureProblem;
  readonly optimum: Measure;
  /** min J */
  readonly minimum: number;
}

/**
 * A deconvolution problem on the circle whose optimum is known by construction from a dual certificate: eta is a
 * trigonometric polynomial with |eta| <= 1 that touches +-1 at the spikes, and the target is y* = integral phi dmu +
 * lambda q, where <q, phi> = eta. Then eta = -<R'(y), phi> / lambda at mu, which makes mu optimal.
 *
 * - positive: eta = 1 - c prod_j (1 - cos(x - x_j)), of as many spikes as the degree
 * - signed: eta = cos(n (x - shift)), which touches 1 and -1 in turn; spikes at some of these places
 */
export function knownOptimum(seed: number, kind: 'positive' | 'signed'): KnownOptimum {
  const random = seeded(seed);
  const n = kind === 'positive' ? 3 : 5;
  const lambda = 0.05 + 0.5 * uniform(random);
  const shift = 2 * Math.PI * uniform(random);
  const places = Array.from({ length: kind === 'positive' ? n : 2 * n }, (_, j) =>
    kind === 'positive' ? shift + (2 * Math.PI * (j + 0.5 * uniform(random))) / n : shift + (Math.PI * j) / n,
  );
  const product = (x: number): number => places.reduce((all, p) => all * (1 - Math.cos(x - p)), 1);
  const highest = Array.from({ length: 4000 }, (_, i) => product((2 * Math.PI * i) / 4000)).reduce((a, b) =>
    Math.max(a, b),
  );
  const c = 1.5 / highest;
  const eta = (x: number): number => (kind === 'positive' ? 1 - c * product(x) : Math.cos(n * (x - shift)));

  const features = trigonometric({ cutoff: n });
  // The coefficients of eta by the trapezoidal rule, which is exact.
  const samples = 4 * n + 1;
  const nodes = Float64Array.from({ length: samples }, (_, i) => (2 * Math.PI * i) / samples);
  const q = features.at({ rows: samples, columns: 1, data: nodes }).integrate(nodes.map((x) => eta(x) / samples));

  const chosen = kind === 'positive' ? places : places.filter(() => uniform(random) < 0.6);
  const positions = (chosen.length ? chosen : places.slice(0, 1)).map((x) => [x]);
  const weights = positions.map(([x]) => Math.round(eta(x!)) * (0.2 + Math.abs(gaussian(random))));
  const data = Float64Array.from(positions.flat());
  const y = features.at({ rows: data.length, columns: 1, data }).integrate(Float64Array.from(weights));
  const mass = weights.reduce((sum, a) => sum + Math.abs(a), 0);
  return {
    problem: measureProblem({
      features,
      loss: squared(y.map((v, k) => v + lambda * q[k]!)),
      regularizer: totalVariation(lambda),
      domain: torus(1),
    }),
    optimum: { positions, weights },
    minimum: (lambda * lambda * q.reduce((sum, v) => sum + v * v, 0)) / 2 + lambda * mass,
  };
}
