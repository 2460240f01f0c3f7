import type {
  AcceleratedOracle,
  AveragingOracle,
  DirectionName,
  DirectionalOracle,
  SampleLossOracle,
  TrialGradientOracle,
} from '@overparam/core';

export type Vector = readonly number[];

const dot = (a: Vector, b: Vector): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const plus = (a: Vector, t: number, b: Vector): number[] => a.map((x, i) => x + t * b[i]!);

/** Moments of a direction rule and the directions they make. */
export interface DirectionRule {
  readonly rule: 'gradient' | 'adagrad' | 'adam' | 'amsgrad' | 'rmsprop';
  readonly beta1?: number;
  readonly beta2?: number;
  /** Beside the root of v. */
  readonly epsilon?: number;
  /**
   * Which of its directions is d. A 'momentum' that does not descend gives way to its fresh part, (1 - beta1) times
   * 'preconditioned'.
   */
  readonly d?: DirectionName;
}

export interface LeastSquares {
  readonly X: readonly Vector[];
  readonly y: Vector;
  readonly w0: Vector;
}

interface Moments {
  readonly t: number;
  readonly m: Vector;
  readonly v: Vector;
  readonly vMax: Vector;
}

/**
 * Every question of the core on f(w) = mean over the batch of (x.w - y)^2, in float64: what the methods are tested
 * against. `batch` says which rows the next linearization takes. Moments move with w, so a step happens whole or not at
 * all.
 */
export class LeastSquaresOracle
  implements DirectionalOracle, TrialGradientOracle, AcceleratedOracle, SampleLossOracle, AveragingOracle
{
  readonly name = 'least squares';
  w: number[];
  batch: readonly number[];
  averaged: number[];
  readonly problem: LeastSquares;
  readonly rule: Required<DirectionRule>;
  #moments: Moments;
  #pending: Moments;
  #directions: Record<DirectionName, Vector>;
  #g: Vector;
  #fellBack = false;
  #weight = 0;
  #trialGradient: Vector = [];
  #before: Vector;
  #y: Vector;

  constructor(problem: LeastSquares, rule: DirectionRule = { rule: 'gradient' }) {
    this.problem = problem;
    this.rule = {
      beta1: 0,
      beta2: 0.999,
      epsilon: 1e-8,
      d: rule.rule === 'gradient' ? 'gradient' : 'preconditioned',
      ...rule,
    };
    this.w = [...problem.w0];
    this.averaged = this.w;
    this.batch = problem.y.map((_, i) => i);
    const zero = this.w.map(() => 0);
    this.#moments = { t: 0, m: zero, v: zero, vMax: zero };
    this.#pending = this.#moments;
    this.#g = zero;
    this.#directions = { gradient: zero, preconditioned: zero, momentum: zero };
    this.#before = this.w;
    this.#y = this.w;
  }

  #residuals(w: Vector): number[] {
    return this.batch.map((i) => dot(this.problem.X[i]!, w) - this.problem.y[i]!);
  }
  value(w: Vector = this.w): number {
    return this.#residuals(w).reduce((sum, r) => sum + r * r, 0) / this.batch.length;
  }
  gradient(w: Vector = this.w): number[] {
    const residuals = this.#residuals(w);
    return w.map(
      (_, j) =>
        (2 * this.batch.reduce((sum, i, k) => sum + residuals[k]! * this.problem.X[i]![j]!, 0)) / this.batch.length,
    );
  }

  get #d(): Vector {
    const { d, beta1 } = this.rule;
    return this.#fellBack ? this.#directions.preconditioned.map((x) => (1 - beta1) * x) : this.#directions[d];
  }

  linearize() {
    const g = this.gradient();
    this.#g = g;
    this.#weight = 0;
    const { rule, beta1, beta2, epsilon } = this.rule;
    const t = this.#moments.t + 1;
    const ema = rule === 'adagrad' ? { old: 1, fresh: 1 } : { old: beta2, fresh: 1 - beta2 };
    const v = this.#moments.v.map((old, i) => ema.fresh * g[i]! ** 2 + ema.old * old);
    const m = this.#moments.m.map((old, i) => (1 - beta1) * g[i]! + beta1 * old);
    const vMax = this.#moments.vMax.map((old, i) => Math.max(old, v[i]!));
    this.#pending = { t, m, v, vMax };
    const corrected = rule === 'adam' || rule === 'amsgrad' ? 1 - beta2 ** t : 1;
    const P = (rule === 'amsgrad' ? vMax : v).map((x) => 1 / (Math.sqrt(x / corrected) + epsilon));
    const gradient = g.map((x) => -x);
    this.#directions = {
      gradient,
      preconditioned: gradient.map((x, i) => P[i]! * x),
      momentum: P.map((p, i) => (-p * m[i]!) / (1 - beta1 ** t)),
    };
    this.#fellBack = this.rule.d === 'momentum' && !(dot(g, this.#directions.momentum) < 0);
    const summary = { value: this.value(), slope: dot(g, this.#d), squaredGradientNorm: dot(g, g) };
    return this.#fellBack ? { ...summary, fellBack: true } : summary;
  }
  probe(step: number) {
    return this.value(plus(this.w, step, this.#d));
  }
  move(step: number) {
    this.#to(plus(this.w, step, this.#d));
  }
  #to(w: number[]): void {
    this.#before = this.w;
    this.w = w;
    this.averaged = plus(this.averaged, this.#weight, plus(w, -1, this.averaged));
    this.#moments = this.#pending;
  }

  direction(name: DirectionName) {
    const v = this.#directions[name];
    return { slope: dot(this.#g, v), squaredNorm: dot(v, v) };
  }
  probeAlong(name: DirectionName, step: number) {
    return this.value(plus(this.w, step, this.#directions[name]));
  }
  moveAlong(name: DirectionName, step: number) {
    this.#to(plus(this.w, step, this.#directions[name]));
  }

  probeGradient(step: number) {
    const w = plus(this.w, step, this.#d);
    const g = this.gradient(w);
    const change = plus(g, -1, this.#g);
    this.#trialGradient = g;
    return {
      value: this.value(w),
      slope: dot(g, this.#d),
      squaredGradientNorm: dot(g, g),
      squaredGradientChange: dot(change, change),
    };
  }
  moveExtragradient(step: number) {
    this.#to(plus(this.w, -step, this.#trialGradient));
  }

  moveHeavyBall(step: number, momentum: number) {
    this.#to(plus(plus(this.w, step, this.#d), momentum, plus(this.w, -1, this.#before)));
  }
  moveNesterov(step: number, tau: number) {
    const y = plus(this.w, step, this.#d);
    this.#to(y.map((x, i) => (1 - tau) * x + tau * this.#y[i]!));
    this.#y = y;
  }

  average(weight: number) {
    this.#weight = weight;
  }

  sampleLosses() {
    return { samples: this.batch, losses: this.#residuals(this.w).map((r) => r * r) };
  }
}
