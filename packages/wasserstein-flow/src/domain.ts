import { badOption, type Matrix, withDefaults } from '@overparam/core';
import { count, positive } from '@overparam/line-search';
import { gaussian, uniform, type Random } from './random.ts';

/** Theta: where the particles live. Vectors and points are rows of n x d matrices. */
export interface Domain {
  /** As messages name it. */
  readonly name: string;
  readonly dimension: number;
  /** What to do with a point outside. */
  readonly remedy: string;
  contains(x: readonly number[]): boolean;
  /** Takes from each v_i what points out of the domain at x_i; in place. */
  tangent(x: Matrix, v: Matrix): void;
  /** x_i <- exp_{x_i}(tau v_i), for tangent v_i; in place. */
  exponential(x: Matrix, v: Matrix, tau: number): void;
  distance(x: readonly number[], y: readonly number[]): number;
  /** Orthonormal directions in which a particle at x, pushed along v, is free to move. */
  free(x: readonly number[], v: readonly number[]): number[][];
  /** Sides of the box or torus, for a grid: [from, to] of each axis; a period is not repeated. Absent: no grid. */
  readonly sides?: readonly (readonly [number, number])[];
  /** The period of each axis, on a torus. */
  readonly period?: number;
  /** 1 on the unit sphere, whose geodesics bend in the space around it; absent on flat domains. */
  readonly curvature?: number;
  /** A random point: uniform where the domain is bounded, standard normal elsewhere. */
  random(random: Random): number[];
}

const identity = (d: number): number[][] =>
  Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => (i === j ? 1 : 0)));

const add = (x: Matrix, v: Matrix, tau: number): void => {
  for (let i = 0; i < x.data.length; i++) x.data[i]! += tau * v.data[i]!;
};

/** |x - y|, of the nearest representatives if there is a period. */
function flatDistance(x: readonly number[], y: readonly number[], period = Infinity): number {
  let square = 0;
  for (let k = 0; k < x.length; k++) square += nearest(x[k]! - y[k]!, period) ** 2;
  // The rule; the slow way is for squares that overflow or vanish.
  if (square > 1e-280 && square < 1e280) return Math.sqrt(square);
  return Math.hypot(...x.map((v, k) => nearest(v - y[k]!, period)));
}

const nearest = (difference: number, period: number): number =>
  period === Infinity ? difference : difference - period * Math.round(difference / period);

/** R^d: exp_x(v) = x + v. */
export function euclidean(dimension: number): Domain {
  count('dimension', dimension);
  return {
    name: `R^${dimension}`,
    dimension,
    remedy: 'all finite points are in it',
    contains: () => true,
    tangent: () => undefined,
    exponential: add,
    distance: (x, y) => flatDistance(x, y),
    free: () => identity(dimension),
    random: (random) => Array.from({ length: dimension }, () => gaussian(random)),
  };
}

/**
 * The torus (R / period)^d. A point is any of its representatives, and a path is not broken where it passes the period:
 * exp_x(v) = x + v. Distances are those of the nearest representatives.
 */
export function torus(dimension: number, options: { readonly period?: number } = {}): Domain {
  const { period } = withDefaults('torus', { period: 2 * Math.PI }, options);
  count('dimension', dimension);
  if (positive('period', period) === Infinity) throw badOption('period', period, 'a finite number > 0');
  const flat = euclidean(dimension);
  return {
    ...flat,
    name: dimension === 1 ? 'the circle' : `the torus of dimension ${dimension}`,
    distance: (x, y) => flatDistance(x, y, period),
    sides: Array.from({ length: dimension }, () => [0, period] as const),
    period,
    random: (random) => Array.from({ length: dimension }, () => period * uniform(random)),
  };
}

/** The circle R / period: the torus of dimension 1. */
export const circle = (options?: { readonly period?: number }): Domain => torus(1, options);

/** The box with corners `from` and `to`: exp_x(v) is the point of the box that is nearest to x + v. */
export function box(from: readonly number[], to: readonly number[]): Domain {
  const dimension = count('from.length', from.length);
  if (to.length !== dimension) throw badOption('to', `[${to.join(', ')}]`, `${dimension} numbers, as many as from`);
  from.forEach((low, k) => {
    if (!(Number.isFinite(low) && Number.isFinite(to[k]!) && low < to[k]!))
      throw badOption(`to[${k}]`, to[k], `a finite number greater than from[${k}] = ${low}`);
  });
  const outward = (x: number, v: number, k: number): boolean => (x <= from[k]! && v < 0) || (x >= to[k]! && v > 0);
  return {
    name: `the box [${from.join(', ')}] to [${to.join(', ')}]`,
    dimension,
    remedy: 'move it inside, or take a larger box',
    contains: (x) => x.every((v, k) => v >= from[k]! && v <= to[k]!),
    tangent(x, v) {
      for (let i = 0; i < v.data.length; i++) if (outward(x.data[i]!, v.data[i]!, i % dimension)) v.data[i] = 0;
    },
    exponential(x, v, tau) {
      for (let i = 0; i < x.data.length; i++)
        x.data[i] = Math.min(to[i % dimension]!, Math.max(from[i % dimension]!, x.data[i]! + tau * v.data[i]!));
    },
    distance: (x, y) => flatDistance(x, y),
    free: (x, v) => identity(dimension).filter((_, k) => !outward(x[k]!, v[k]!, k)),
    sides: from.map((low, k) => [low, to[k]!] as const),
    random: (random) => from.map((low, k) => low + (to[k]! - low) * uniform(random)),
  };
}

/** The unit sphere of R^d: exp_x(v) = cos|v| x + sin|v| v / |v|, along a great circle. */
export function sphere(dimension: number): Domain {
  count('dimension', dimension, 2);
  const each = (x: Matrix, v: Matrix, row: (at: number, inner: number, length: number) => void): void => {
    for (let i = 0; i < x.rows; i++) {
      const at = i * dimension;
      let inner = 0;
      let square = 0;
      for (let k = at; k < at + dimension; k++) {
        inner += x.data[k]! * v.data[k]!;
        square += v.data[k]! ** 2;
      }
      row(at, inner, Math.sqrt(square));
    }
  };
  return {
    name: `the unit sphere of R^${dimension}`,
    dimension,
    remedy: 'divide it by its norm',
    contains: (x) => Math.abs(Math.hypot(...x) - 1) <= 1e-8,
    tangent(x, v) {
      each(x, v, (at, inner) => {
        for (let k = at; k < at + dimension; k++) v.data[k]! -= inner * x.data[k]!;
      });
    },
    exponential(x, v, tau) {
      each(x, v, (at, _, length) => {
        if (length === 0) return;
        const [cos, sin] = [Math.cos(tau * length), Math.sin(tau * length) / length];
        let square = 0;
        for (let k = at; k < at + dimension; k++) {
          x.data[k] = cos * x.data[k]! + sin * v.data[k]!;
          square += x.data[k]! ** 2;
        }
        // Rounding would add up over the steps and leave the sphere.
        const norm = Math.sqrt(square);
        for (let k = at; k < at + dimension; k++) x.data[k]! /= norm;
      });
    },
    curvature: 1,
    distance: (x, y) => 2 * Math.asin(Math.min(1, flatDistance(x, y) / 2)),
    // The columns after the first of the reflection that takes x to a multiple of the first axis.
    free(x) {
      const u = [...x];
      u[0]! += x[0]! >= 0 ? 1 : -1;
      const square = u.reduce((sum, v) => sum + v * v, 0);
      return identity(dimension)
        .slice(1)
        .map((e, j) => e.map((v, k) => v - (2 * u[k]! * u[j + 1]!) / square));
    },
    random(random) {
      const x = Array.from({ length: dimension }, () => gaussian(random));
      const norm = Math.hypot(...x);
      return x.map((v) => v / norm);
    },
  };
}
