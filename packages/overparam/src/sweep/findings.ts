import * as Plot from '@observablehq/plot';
import { labelOf } from '../methods/registry.ts';
import { parseMethod } from '../methods/method-spec.ts';
import {
  colorOf,
  linearAxis,
  logAxis,
  numbersOf,
  plotOf,
  type Figure,
  type Numbers,
  type Series,
} from '../figures/index.ts';
import { significant } from '../results/format.ts';
import { quartiles, type Quartiles } from '../results/quantile.ts';
import type { RunResult } from '../results/results.ts';
import type { Findings, StudyFigure } from '../studies/study.ts';
import type { Configuration } from './configuration.ts';
import { measuresOf, type FinishedRun } from './finished-run.ts';

/** The runs that differ by their seed alone. */
interface Setting {
  /** How it differs from the others. */
  readonly label: string;
  /** Those that are not the same in all settings. */
  readonly options: Configuration['options'];
  readonly runs: readonly FinishedRun[];
}

const LINES = 8;
const SPREAD = ['median', 'lower quartile', 'upper quartile'] as const;

/** What a sweep shows: medians and quartiles over the seeds of each setting. */
export function sweepFindings(runs: readonly FinishedRun[], missing: number): Findings {
  const settings = settingsOf(runs);
  const names = Object.keys(measuresOf(runs[0]!)!);
  const seeds = new Set(runs.map(({ configuration }) => configuration.options['seed'])).size;
  const { experiment } = runs[0]!.configuration;
  const compared = names.filter((name) => name !== 'time (s)');
  return {
    text: [
      `${experiment}: ${runs.length} runs, ${settings.length} settings${seeds > 1 ? `, ${seeds} seeds` : ''}.${common(runs)}`,
      ...(missing > 0 ? [`${missing} more runs have failed, and are not shown.`] : []),
    ],
    tables: [table(settings, names)],
    figures: [
      ...curves(settings),
      ...compared.flatMap((name) => againstOptions(settings, name)),
      ...compared.map((name) => intervals(settings, name)),
    ],
  };
}

function settingsOf(runs: readonly FinishedRun[]): Setting[] {
  const groups = grouped(runs, (run) => JSON.stringify(without(run.configuration.options, 'seed')));
  const varying = varied(runs);
  return [...groups.values()].map((own) => {
    const all = own[0]!.configuration.options;
    const told = varying.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]] as const]));
    const label = told.map(([name, value]) => shown(name, value)).join(', ') || 'all';
    return { label, options: Object.fromEntries(told), runs: own };
  });
}

const shown = (name: string, value: string): string =>
  name === 'methods' ? labelled(value) : name === 'model' ? value : `${name} ${value}`;

function labelled(method: string): string {
  try {
    return labelOf(parseMethod(method));
  } catch {
    // Methods of a study of its own.
    return method;
  }
}

/** The options, but the seed, that are not the same in all runs. */
function varied(runs: readonly FinishedRun[]): string[] {
  const names = new Set(runs.flatMap(({ configuration }) => Object.keys(configuration.options)));
  names.delete('seed');
  return [...names].filter((name) => new Set(runs.map(({ configuration }) => configuration.options[name])).size > 1);
}

function common(runs: readonly FinishedRun[]): string {
  const varying = varied(runs);
  const same = Object.entries(runs[0]!.configuration.options).filter(
    ([name]) => name !== 'seed' && !varying.includes(name),
  );
  return same.length === 0 ? '' : ` All with ${same.map(([name, value]) => shown(name, value)).join(', ')}.`;
}

/** What is not finite counts as larger than all that is. */
const quartilesOf = ({ runs }: Setting, name: string): Quartiles =>
  quartiles(runs.map((run) => measuresOf(run)![name] ?? Infinity));

const finite = (value: number): string => significant(Number.isFinite(value) ? value : null);

const table = (settings: readonly Setting[], names: readonly string[]): Findings['tables'][number] => ({
  title: 'Settings',
  head: ['setting', 'seeds', ...names],
  rows: settings.map((setting) => [
    setting.label,
    String(setting.runs.length),
    ...names.map((name) => {
      const { low, middle, high } = quartilesOf(setting, name);
      return setting.runs.length === 1 ? finite(middle) : `${finite(middle)} [${finite(low)}, ${finite(high)}]`;
    }),
  ]),
  note: 'Medians over the seeds, and in brackets the quartiles.',
});

/** The curves of trainings: loss and accuracy by epoch. */
function curves(settings: readonly Setting[]): StudyFigure[] {
  const trainings = settings.flatMap((setting) => {
    const results = setting.runs.map(({ results }) =>
      results.format === 'overparam-results' ? results.runs[0]! : null,
    );
    return results.every((run) => run !== null) ? [{ setting, results }] : [];
  });
  if (trainings.length === 0 || trainings.length > LINES) return [];
  const series = (of: (record: RunResult['epochs'][number]) => number | null): Series[] =>
    trainings.map(({ setting, results }) => {
      const length = Math.max(...results.map(({ epochs }) => epochs.length));
      const points = Array.from({ length }, (_, epoch) => {
        const values = results.flatMap(({ epochs }) => (epochs[epoch] ? [of(epochs[epoch]) ?? Infinity] : []));
        const { low, middle, high } = quartiles(values);
        return { x: epoch, y: middle, low, high };
      });
      return { label: setting.label, points };
    });
  const figure = { x: 'epoch', dots: true, of: 'setting', spread: SPREAD } as const;
  return [
    asStudy({ ...figure, name: 'loss-epochs', title: 'Loss by epoch', y: 'train loss', scale: 'log', series: series(({ trainLoss }) => trainLoss) }), // prettier-ignore
    asStudy({ ...figure, name: 'accuracy-epochs', title: 'Test accuracy by epoch', y: 'test accuracy', scale: 'share', series: series(({ testAccuracy }) => testAccuracy) }), // prettier-ignore
  ];
}

const asStudy = (figure: Figure): StudyFigure => ({
  name: figure.name,
  title: figure.title,
  legend: figure.series.map(({ label }) => label),
  plots: plotOf(figure),
  numbers: numbersOf(figure),
});

/** A measure against each option that is a number, a line for each combination of the others. */
function againstOptions(settings: readonly Setting[], measure: string): StudyFigure[] {
  const placed = settings.map((setting) => ({ setting, numbers: numericOptions(setting.options) }));
  const names = new Set(placed.flatMap(({ numbers }) => Object.keys(numbers)));
  return [...names].flatMap((name) => {
    const own = placed.filter(({ numbers }) => numbers[name] !== undefined);
    const lines = grouped(own, ({ numbers, setting }) => {
      return JSON.stringify([without(numbers, name), textOptions(setting.options)]);
    });
    const xs = new Set(own.map(({ numbers }) => numbers[name]!));
    if (xs.size < 3 || lines.size > LINES) return [];
    const series = [...lines.values()].map((line): Series => {
      const points = line
        .map(({ setting, numbers }) => {
          const { low, middle, high } = quartilesOf(setting, measure);
          return { x: numbers[name]!, y: middle, low, high };
        })
        .sort((a, b) => a.x - b.x);
      const others = without(line[0]!.numbers, name);
      const label = [...Object.values(textOptions(line[0]!.setting.options)), ...Object.entries(others).map(([n, value]) => `${n} ${value}`)]; // prettier-ignore
      return { label: label.join(', '), points };
    });
    const all = [...xs];
    const wide = Math.min(...all) > 0 && Math.max(...all) / Math.min(...all) >= 20;
    return [
      asStudy({
        name: `${measure}-${name}`.replace(/[^\w]+/g, '-'),
        title: `${measure} against ${name}`,
        x: name,
        ...(wide && { xScale: 'log' as const }),
        y: measure,
        scale: isLogarithmic(series.flatMap(({ points }) => points.map(({ y }) => y))) ? 'log' : 'linear',
        dots: true,
        of: 'setting',
        spread: SPREAD,
        series,
      }),
    ];
  });
}

const isLogarithmic = (values: readonly number[]): boolean => {
  const shown = values.filter(Number.isFinite);
  return shown.length > 0 && Math.min(...shown) > 0 && Math.max(...shown) / Math.min(...shown) > 20;
};

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));

/** The options that are numbers, those of the method among them. */
function numericOptions(options: Configuration['options']): Readonly<Record<string, number>> {
  const plain = Object.entries(options).flatMap(([name, text]) =>
    isNumber(text) ? [[name, Number(text)] as const] : [],
  );
  const ofMethod = Object.entries(methodOf(options).options).flatMap(([name, value]) =>
    typeof value === 'number' ? [[name, value] as const] : [],
  );
  return Object.fromEntries([...plain, ...ofMethod]);
}

function textOptions(options: Configuration['options']): Readonly<Record<string, string>> {
  const method = methodOf(options);
  const texts = Object.entries(options).filter(([name, text]) => !isNumber(text) && name !== 'methods');
  const ofMethod = Object.entries(method.options).flatMap(([name, value]) =>
    typeof value === 'number' ? [] : [[name, String(value)] as const],
  );
  return Object.fromEntries([...(method.name ? [['methods', method.name] as const] : []), ...texts, ...ofMethod]);
}

function methodOf({ methods }: Configuration['options']): ReturnType<typeof parseMethod> {
  if (methods === undefined) return { name: '', options: {} };
  try {
    return parseMethod(methods);
  } catch {
    return { name: methods, options: {} };
  }
}

/** A line a setting: its quartiles, its median, and each of its runs. */
function intervals(settings: readonly Setting[], name: string): StudyFigure {
  const rows = settings.map((setting) => ({ label: setting.label, ...quartilesOf(setting, name) }));
  const dots = settings.flatMap((setting) =>
    setting.runs.map((run) => ({
      label: setting.label,
      seed: run.configuration.options['seed'] ?? '',
      value: measuresOf(run)![name] ?? null,
    })),
  );
  const values = dots.flatMap(({ value }) => (value === null ? [] : [value]));
  const logarithmic = isLogarithmic(values);
  const shown = rows.filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high));
  const longest = Math.max(...rows.map(({ label }) => label.length));
  const numbers: Numbers = [['setting', 'seed', name], ...dots.map(({ label, seed, value }) => [label, seed, value])];
  return {
    name: name.replace(/[^\w]+/g, '-'),
    title: `${name}: medians, quartiles and runs`,
    plots: {
      marginLeft: Math.min(220, 20 + 6.2 * longest),
      height: Math.max(120, 76 + 22 * rows.length),
      x: logarithmic ? logAxis('x', name, values) : { ...linearAxis('x', name), nice: true },
      y: { type: 'band', domain: rows.map(({ label }) => label), label: null },
      marks: [
        Plot.ruleY(shown, {
          y: 'label',
          x1: 'low',
          x2: 'high',
          stroke: colorOf(0),
          strokeWidth: 7,
          strokeOpacity: 0.3,
        }),
        Plot.dot(dots, { y: 'label', x: 'value', r: 2, stroke: 'var(--faint)' }),
        Plot.tickX(shown, { y: 'label', x: 'middle', stroke: colorOf(0), strokeWidth: 2.5, inset: 3 }),
      ],
    },
    numbers,
  };
}

/** Groups in the order in which they begin. */
function grouped<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}

const without = <T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
