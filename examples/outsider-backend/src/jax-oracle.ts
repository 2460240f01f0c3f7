import { numpy as np, valueAndGrad } from '@jax-js/jax';
import {
  badOption,
  finiteStep,
  notLinearized,
  type Housekeeping,
  type LinearizeRequest,
  type Oracle,
  type TrialGradientOracle,
} from '@overparam/core';

/** Arrays by their names: each is a module. */
export type Weights = Readonly<Record<string, np.Array>>;

/** f of one batch. It takes over the weights it is given, as functions of jax-js do. */
export type Loss = (weights: Weights) => np.Array;

export interface JaxOracle extends Oracle, Pick<TrialGradientOracle, 'probeGradient'>, Housekeeping {
  /** The current weights; the oracle keeps them. */
  weights(): Weights;
  dispose(): void;
}

const kept = (weights: Weights): Weights => mapped(weights, (w) => w.ref);
const free = (weights: Weights | undefined): void => Object.values(weights ?? {}).forEach((w) => w.dispose());
const mapped = (weights: Weights, f: (w: np.Array, name: string) => np.Array): Weights =>
  Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, f(w, name)]));

/** w + t v, where v may lack some of the arrays. */
const plus = (w: Weights, t: number, v: Weights): Weights =>
  mapped(w, (x, name) => (v[name] ? x.ref.add(v[name].ref.mul(t)) : x.ref));

const numberOf = async (scalar: np.Array): Promise<number> => (await scalar.data())[0]!;

/** <a, b>, over the arrays that a has. */
async function dot(a: Weights, b: Weights): Promise<number> {
  const parts = await Promise.all(Object.keys(a).map((name) => numberOf(a[name]!.ref.mul(b[name]!.ref).sum())));
  return parts.reduce((sum, part) => sum + part, 0);
}

/** The oracle of a loss of jax-js, with d = -g. @param next the loss of the next batch, asked for once a step */
export function jaxOracle(next: () => Loss, start: Weights): JaxOracle {
  let w = kept(start);
  let before: Weights | undefined;
  let at: { readonly loss: Loss; readonly g: Weights } | undefined;

  const forget = (): void => {
    free(at?.g);
    at = undefined;
  };
  const finish = (): void => {
    forget();
    free(before);
    before = undefined;
  };
  const linearized = (question: string, step: number): NonNullable<typeof at> => {
    finiteStep(question, step);
    if (!at) throw notLinearized(question);
    return at;
  };
  /** f and its gradient in some of the arrays. */
  const differentiate = (loss: Loss, weights: Weights, names: readonly string[]): readonly [np.Array, Weights] => {
    const [f, all] = valueAndGrad(loss)(weights) as unknown as readonly [np.Array, Weights];
    const [g, others] = [true, false].map((wanted) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name) === wanted)),
    );
    free(others);
    return [f, g!];
  };

  return {
    name: 'jax-js',
    weights: () => w,
    async linearize({ modules = Object.keys(w) }: LinearizeRequest = {}) {
      for (const name of modules)
        if (!w[name]) throw badOption('modules', name, `names among ${Object.keys(w).join(', ')}`);
      finish();
      const loss = next();
      const [f, g] = differentiate(loss, kept(w), modules);
      at = { loss, g };
      const squaredGradientNorm = await dot(g, g);
      return { value: await numberOf(f), slope: -squaredGradientNorm, squaredGradientNorm };
    },
    probe(step) {
      const { loss, g } = linearized('probe', step);
      return numberOf(loss(plus(w, -step, g)));
    },
    async probeGradient(step) {
      const { loss, g } = linearized('probeGradient', step);
      const [f, g1] = differentiate(loss, plus(w, -step, g), Object.keys(g));
      const change = plus(g1, -1, g);
      const [slope, squaredGradientNorm, squaredGradientChange] = await Promise.all([
        dot(g, g1),
        dot(g1, g1),
        dot(change, change),
      ]);
      [g1, change].forEach(free);
      return { value: await numberOf(f), slope: -slope, squaredGradientNorm, squaredGradientChange };
    },
    move(step) {
      const { g } = linearized('move', step);
      before = w;
      w = plus(w, -step, g);
      forget();
    },
    finish,
    abandon() {
      forget();
      if (before) free(w);
      w = before ?? w;
      before = undefined;
    },
    dispose() {
      finish();
      free(w);
    },
  };
}
