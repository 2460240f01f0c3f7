import { parseArgs } from 'node:util';
import { fitCurve } from '@overparam/gauss-newton';
import { gaussian, seeded } from '@overparam/wasserstein-flow';
import { machine } from '../machine.ts';
import { startScipy } from '../scipy.ts';
import { median } from '../side-by-side.ts';
import { table, type Row } from '../table.ts';

const help = `npm run bench -w @overparam/benchmarks -- fits [options]

  --rounds N   rounds in which the contenders take turns, on new noise (default 9)

A peak on a slope, five parameters, fitted to many points by finite differences: fitCurve beside scipy's curve_fit, and
beside the calls of the model that fitCurve makes. Milliseconds of the processor.
`;

type Parameters = readonly [height: number, centre: number, width: number, slope: number, offset: number];
const peak = (x: number, p: ArrayLike<number>): number =>
  p[0]! * Math.exp(-(((x - p[1]!) / p[2]!) ** 2)) + p[3]! * x + p[4]!;
const truth: Parameters = [2, 4.2, 1.1, 0.3, -0.5];
const start: Parameters = [1, 5, 2, 0, 0];

const processorTime = <T>(work: () => T): readonly [ms: number, result: T] => {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / 1000, result];
};

/** Measures fits of many points beside scipy. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string', default: '9' }, help: { type: 'boolean' } },
  });
  if (values.help) return void process.stdout.write(help);
  console.log(machine());
  const scipy = startScipy<object, readonly [milliseconds: number, parameters: number[]]>('fit.py');
  if (!scipy) console.log('no python3 with scipy was found: ours alone');
  const random = seeded(1);
  const rows: Row[] = [];
  for (const n of [1000, 10_000, 100_000]) {
    const times = { ours: [] as number[], model: [] as number[], scipy: [] as number[] };
    let evaluations = 0;
    for (let round = -1; round < Number(values.rounds); round++) {
      const x = Array.from({ length: n }, (_, i) => (10 * i) / n);
      const y = x.map((xi) => peak(xi, truth) + 0.1 * gaussian(random));
      let calls = 0;
      const model = (xi: number, p: ArrayLike<number>): number => (calls++, peak(xi, p));
      const [ours, fit] = processorTime(() => fitCurve({ x, y, model, start }));
      const [alone] = processorTime(() => {
        let sum = 0;
        for (let k = 0; k < calls / n; k++) for (let i = 0; i < n; i++) sum += peak(x[i]!, truth);
        return sum;
      });
      const theirs = await scipy?.ask({ x, y, start });
      theirs?.[1].forEach((p, i) => {
        if (Math.abs(fit.parameters[i]! - p) > 1e-4 * Math.abs(p)) throw new Error(`scipy has ${theirs[1].join()}`);
      });
      if (round < 0) continue;
      evaluations = calls / n;
      times.ours.push(ours);
      times.model.push(alone);
      if (theirs) times.scipy.push(theirs[0]);
    }
    const theirs = times.scipy.length > 0 ? median(times.scipy) : null;
    const ours = median(times.ours);
    rows.push({
      points: n,
      fitCurve: ours,
      'its calls of the model alone': median(times.model),
      'calls per point': evaluations,
      "scipy's curve_fit": theirs ?? '',
      ratio: theirs === null ? '' : ours / theirs,
    });
  }
  console.log(table(rows));
  scipy?.close();
}
