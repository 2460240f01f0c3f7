import { describe, expect, it } from 'vitest';
import { createExperience } from './experience.ts';

describe('experience', () => {
  it('believes an estimate until it has met the kernel', () => {
    const experience = createExperience();
    expect([experience.predict(3), experience.met]).toEqual([3, false]);
    experience.learn(1, 2);
    expect(experience.met).toBe(true);
  });

  it('comes to know by how much estimates err, of large jobs and small ones', () => {
    const { predict, learn } = createExperience();
    for (let i = 0; i < 200; i++) learn(i % 2 ? 0.1 : 2, i % 2 ? 0.5 : 10);
    expect(predict(1)).toBeCloseTo(5, 6);
    for (let i = 0; i < 200; i++) learn(1, 0.25);
    expect(predict(1)).toBeCloseTo(0.25, 3);
  });

  it('is not put out by one that was interrupted, nor by a coarse clock', () => {
    const { predict, learn } = createExperience();
    for (let i = 0; i < 100; i++) learn(1, 1);
    learn(1, 1000);
    expect(predict(1)).toBeLessThan(1.2);
    expect(predict(1)).toBeGreaterThan(1);
    for (let i = 0; i < 100; i++) learn(0.006, i % 5 === 0 ? 0.01 : 0.005);
    expect(predict(0.006)).toBeCloseTo(0.006, 3);
  });
});
