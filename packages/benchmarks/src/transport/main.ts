import { parseArgs } from 'node:util';
import { euclidean, seeded, uniform, wasserstein, type Measure } from '@overparam/wasserstein-flow';
import { machine } from '../machine.ts';
import { startScipy } from '../scipy.ts';
import { median } from '../side-by-side.ts';
import { table, type Row } from '../table.ts';

const help = `npm run bench -w @overparam/benchmarks -- transport [options]

  --rounds N   rounds in which the contenders take turns, on new points (default 9)

W_2 between two sets of random points of the unit square, from the points to the distance: of equal masses beside
scipy's linear_sum_assignment, and of random masses, which that can't do. Milliseconds of the processor.
`;

/** Measures exact transport beside scipy's assignment. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string', default: '9' }, help: { type: 'boolean' } },
  });
  if (values.help) return void process.stdout.write(help);
  console.log(machine());
  /** Milliseconds of the processor, and the mean squared distance of the pairs. */
  type Assignment = readonly [milliseconds: number, cost: number];
  const scipy = startScipy<{ n: number; points: readonly number[] }, Assignment>('assignment.py');
  if (!scipy) console.log('no python3 with scipy was found: ours alone');
  const random = seeded(1);
  const rows: Row[] = [];
  for (const n of [500, 1000, 1500]) {
    const times = { equal: [] as number[], random: [] as number[], scipy: [] as number[] };
    for (let round = -1; round < Number(values.rounds); round++) {
      const points = Array.from({ length: 4 * n }, () => uniform(random));
      const set = (from: number, weights: readonly number[]): Measure => ({
        positions: Array.from({ length: n }, (_, i) => points.slice(from + 2 * i, from + 2 * i + 2)),
        weights,
      });
      const masses = (equal: boolean): number[] => {
        const all = Array.from({ length: n }, () => (equal ? 1 : uniform(random)));
        const sum = all.reduce((total, mass) => total + mass, 0);
        return all.map((mass) => mass / sum);
      };
      const timed = (equal: boolean): { readonly ms: number; readonly distance: number } => {
        const [mu, nu] = [set(0, masses(equal)), set(2 * n, masses(equal))];
        const start = process.cpuUsage();
        const distance = wasserstein(mu, nu, { domain: euclidean(2) });
        const { user, system } = process.cpuUsage(start);
        return { ms: (user + system) / 1000, distance };
      };
      const [equal, uneven] = [timed(true), timed(false)];
      const theirs = await scipy?.ask({ n, points });
      if (theirs && Math.abs(equal.distance ** 2 - theirs[1]) > 1e-12 * theirs[1])
        throw new Error(`scipy's cost is ${theirs[1]}, and ours ${equal.distance ** 2}`);
      if (round < 0) continue;
      times.equal.push(equal.ms);
      times.random.push(uneven.ms);
      if (theirs) times.scipy.push(theirs[0]);
    }
    const [ours, uneven] = [median(times.equal), median(times.random)];
    const theirs = times.scipy.length > 0 ? median(times.scipy) : null;
    rows.push({
      points: `${n} and ${n}`,
      'equal masses': ours,
      "scipy's assignment": theirs ?? '',
      ratio: theirs === null ? '' : ours / theirs,
      'random masses': uneven,
    });
  }
  console.log(table(rows));
  scipy?.close();
}
