import { OverparamError } from '@overparam/core';
import { formatMethod, parseMethod, type OptionValue } from '../methods/method-spec.ts';
import { seedsIn } from '../studies/option-values.ts';
import { unknownName } from '../unknown-name.ts';
import { random } from '../training/random.ts';
import { version } from '../version.ts';
import { hashOf, optionsOf, parseConfiguration, type Configuration } from './configuration.ts';
import type { Range, SweepFile } from './sweep-file.ts';

const MOST = 10_000;

/** A value for each name of the sweep's options. */
type Setting = Readonly<Record<string, string>>;

/**
 * The runs of a sweep, each once: all combinations of the values, or as many settings as are to be drawn; each setting with
 * every seed.
 * @throws OverparamError `BAD_SWEEP`, and what is wrong with a configuration
 */
export function configurationsOf(sweep: SweepFile): Configuration[] {
  const { experiment } = sweep;
  check(sweep);
  const { seed, ...others } = sweep.options;
  const seeds = seed === undefined ? [undefined] : seedsOf(seed);
  const settings = sweep.random ? drawn(others, sweep.random) : combined(others);
  if (settings.length * seeds.length > MOST)
    throw new OverparamError(
      'BAD_SWEEP',
      `The sweep has more than ${MOST} runs: give fewer values, or draw with "random".`,
    );
  const all = settings.flatMap((setting) =>
    seeds.map((seed) =>
      parseConfiguration({
        overparam: version,
        experiment,
        options: { ...withMethod(setting), ...(seed !== undefined && { seed: String(seed) }) },
      }),
    ),
  );
  // An option of one method makes no difference to the runs of another.
  return [...new Map(all.map((configuration) => [hashOf(configuration), configuration])).values()];
}

const isRange = (value: SweepFile['options'][string]): value is Range =>
  typeof value === 'object' && !Array.isArray(value);

const listOf = (value: SweepFile['options'][string]): readonly string[] =>
  isRange(value) ? [] : [value].flat().map(String);

function check({ experiment, options, random }: SweepFile): void {
  const known = optionsOf(experiment);
  const methods = listOf(options['methods'] ?? []);
  for (const [name, value] of Object.entries(options)) {
    const [method, option, ...rest] = name.split('.');
    const ofMethod = option !== undefined && rest.length === 0 && methods.some((text) => text.split(':')[0] === method);
    if (!known.includes(name) && !ofMethod)
      throw new OverparamError(
        'BAD_SWEEP',
        `${unknownName('BAD_SWEEP', `option of ${experiment}`, name, known).message} And METHOD.OPTION, such as "adam.lr", for a method of its "methods".`,
      );
    if (isRange(value) && !random)
      throw new OverparamError(
        'BAD_SWEEP',
        `'${name}' is a range: say how many settings to draw, "random": {"settings": 20}, or give a list.`,
      );
  }
  const several = known.includes('model') && methods.find((text) => text.includes(','));
  if (several)
    throw new OverparamError('BAD_SWEEP', `A run has one method: write ${JSON.stringify(several.split(','))} for '${several}'.`); // prettier-ignore
}

function seedsOf(value: SweepFile['options'][string]): readonly number[] {
  if (isRange(value)) throw new OverparamError('BAD_SWEEP', 'Seeds are a list, or text as in "0-4".');
  return seedsIn('seed', listOf(value).join(','));
}

function combined(options: SweepFile['options']): Setting[] {
  let settings: Setting[] = [{}];
  for (const [name, value] of Object.entries(options)) {
    settings = settings.flatMap((setting) => listOf(value).map((one) => ({ ...setting, [name]: one })));
    if (settings.length > MOST) return settings;
  }
  return settings;
}

/** A larger number of settings begins with those of a smaller one. */
function drawn(options: SweepFile['options'], { settings, seed = 0 }: NonNullable<SweepFile['random']>): Setting[] {
  const uniform = random(seed);
  const draw = (value: SweepFile['options'][string]): string => {
    const at = uniform();
    if (!isRange(value)) return listOf(value)[Math.floor(at * listOf(value).length)]!;
    const { from, to, scale, whole } = value;
    const number = scale === 'log' ? from * (to / from) ** at : from + at * (to - from);
    return String(whole ? Math.min(Math.round(number), to) : Number(number.toPrecision(6)));
  };
  return Array.from({ length: Math.min(settings, MOST + 1) }, () =>
    Object.fromEntries(Object.entries(options).map(([name, value]) => [name, draw(value)])),
  );
}

/** `methods: adam` and `adam.lr: 0.1` are `methods: adam:lr=0.1`; options of other methods go. */
function withMethod(setting: Setting): Setting {
  const plain = Object.entries(setting).filter(([name]) => !name.includes('.'));
  const methods = setting['methods'];
  const own = Object.entries(setting).filter(([name]) => name.includes('.'));
  if (methods === undefined || own.length === 0) return Object.fromEntries(plain);
  const { name, options } = parseMethod(methods);
  const given = new Map<string, OptionValue>(Object.entries(options));
  for (const [path, value] of own) {
    const [method, option] = path.split('.') as [string, string];
    if (method !== name) continue;
    if (given.has(option))
      throw new OverparamError('BAD_SWEEP', `'${methods}' and '${path}' both set ${option}: leave one of them out.`);
    given.set(option, value);
  }
  return { ...Object.fromEntries(plain), methods: formatMethod({ name, options: Object.fromEntries(given) }) };
}
