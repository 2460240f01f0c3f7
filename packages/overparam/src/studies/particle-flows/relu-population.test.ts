import { gaussian, seeded, type Measure } from '@overparam/wasserstein-flow';
import { matrix } from '@overparam/linear-algebra';
import { describe, expect, it } from 'vitest';
import { reluPopulation } from './relu-population.ts';

const rows = (points: readonly (readonly number[])[]) =>
  matrix(points.length, points[0]!.length, Float64Array.from(points.flat()));
const particles = ({ positions, weights }: Measure) => ({
  positions: rows(positions),
  weights: Float64Array.from(weights),
});

describe('the population loss of relu networks', () => {
  it('knows neurons that are the same, opposite and orthogonal', () => {
    const oracle = reluPopulation({ teacher: { positions: [[3, 4]], weights: [1] }, secondMoment: 1 });
    const points = rows([[6, 8], [-3, -4], [-4, 3]]); // prettier-ignore
    const { potential, values } = oracle.variation(particles({ positions: [[1, 0]], weights: [0] }), { points });
    // E relu(<u, x>)^2 = |u|^2 / 2.
    expect(potential).toBeCloseTo(25 / 4, 13);
    expect(values[0]).toBeCloseTo(-50 / 2, 12);
    expect(values[1]).toBeCloseTo(0, 12);
    expect(values[2]).toBeCloseTo(-25 / (2 * Math.PI), 12);
  });

  it('is half the mean square of what the teacher and the student differ by', () => {
    const random = seeded(3);
    const teacher = { positions: [[1, 0, 0.5], [0.2, -1, 0]], weights: [1, -0.5] }; // prettier-ignore
    const student = { positions: [[0.3, 1, 0], [-1, 0, 1]], weights: [0.7, 0.4] }; // prettier-ignore
    const output = ({ positions, weights }: Measure, x: readonly number[]): number =>
      positions.reduce(
        (sum, a, i) =>
          sum +
          weights[i]! *
            Math.max(
              0,
              a.reduce((s, v, k) => s + v * x[k]!, 0),
            ),
        0,
      );
    const draws = 100_000;
    let sum = 0;
    let squares = 0;
    for (let n = 0; n < draws; n++) {
      const x = [gaussian(random), gaussian(random), gaussian(random)];
      const half = (output(student, x) - output(teacher, x)) ** 2 / 2;
      sum += half;
      squares += half * half;
    }
    const mean = sum / draws;
    const deviation = Math.sqrt((squares / draws - mean * mean) / draws);
    const { potential } = reluPopulation({ teacher, secondMoment: 1 }).variation(particles(student));
    expect(Math.abs(potential - mean)).toBeLessThan(4 * deviation);
    const half = reluPopulation({ teacher, secondMoment: 0.5 });
    expect(half.variation(particles(student)).potential).toBeCloseTo(potential / 2, 14);
    expect(half.fenchelYoung(particles(student), 0)).toBeCloseTo(potential / 2, 14);
  });

  it('has the derivatives of its differences', () => {
    const teacher = { positions: [[1, 0, 0.5], [0.2, -1, 0]], weights: [1, -0.5] }; // prettier-ignore
    const student: Measure = { positions: [[0.3, 1, 0], [-1, 0, 1]], weights: [0.7, 0.4] }; // prettier-ignore
    const oracle = reluPopulation({ teacher, secondMoment: 1 });
    const { values, gradients } = oracle.variation(particles(student));
    const loss = (change: (measure: { positions: number[][]; weights: number[] }) => void): number => {
      const moved = { positions: student.positions.map((x) => [...x]), weights: [...student.weights] };
      change(moved);
      return oracle.variation(particles(moved)).potential;
    };
    const h = 1e-5;
    for (let i = 0; i < 2; i++) {
      const along = (by: number): number => loss(({ weights }) => (weights[i]! += by));
      expect((along(h) - along(-h)) / (2 * h)).toBeCloseTo(values[i]!, 9);
      for (let k = 0; k < 3; k++) {
        const move = (by: number): number => loss(({ positions }) => (positions[i]![k]! += by));
        expect((move(h) - move(-h)) / (2 * h)).toBeCloseTo(student.weights[i]! * gradients.data[i * 3 + k]!, 9);
      }
    }
  });

  it('takes a neuron at 0 as no neuron', () => {
    const oracle = reluPopulation({ teacher: { positions: [[1, 2]], weights: [1] }, secondMoment: 1 });
    const { potential, values, gradients } = oracle.variation(particles({ positions: [[0, 0]], weights: [1] }));
    expect(potential).toBeCloseTo(5 / 4, 13);
    expect(values[0]).toBe(0);
    expect([...gradients.data].every(Number.isFinite)).toBe(true);
  });
});
