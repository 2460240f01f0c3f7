import { createHash } from 'node:crypto';
import { random } from '../src/training/random.ts';
import type { Samples, Task } from '../src/training/task.ts';

/** Points around a centre for each class, for tests. */
export function tinyTask({ classes = 3, count = 50, features = 6, separation = 1.2 } = {}): Task {
  const uniform = random(99);
  const samples = (n: number): Samples => {
    const labels = Uint8Array.from({ length: n }, (_, i) => i % classes);
    const inputs = Float32Array.from(
      { length: n * features },
      (_, i) => 2 * uniform() - 1 + (i % features === labels[Math.floor(i / features)] ? separation : 0),
    );
    return { count: n, inputs, labels };
  };
  const train = samples(count);
  return {
    features,
    classes,
    train,
    test: samples(20),
    sha256: createHash('sha256').update(train.inputs).digest('hex'),
  };
}
