import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { studies } from '../src/studies/index.ts';
import { optionNames, type Study } from '../src/studies/study.ts';

/** Options with which each study takes a fraction of a second. */
export const small: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'hidden-learning': { width: '20', inputs: '3', samples: '10', 'test-samples': '20', steps: '12', lambda: '10,2', 'gd-lambda': '10' }, // prettier-ignore
  california: { samples: '40', width: '2', steps: '3', epochs: '2', batch: '20' },
  nist: {},
  'transformer-lm': { steps: '12', batch: '4', every: '3', 'measure-every': '4', tokens: '300', validation: '100', layers: '2', width: '8', length: '8', alpha: '0.9' }, // prettier-ignore
  'switch-lm': { steps: '8', batch: '4', every: '3', 'measure-every': '4', tokens: '300', validation: '100', layers: '2', width: '8', length: '8', experts: '2', alpha: '0.9' }, // prettier-ignore
  cnn: { steps: '8', batch: '4', every: '3', 'measure-every': '4', samples: '12', validation: '10', filters: '2,0,3,0', alpha: '0.9' }, // prettier-ignore
  'deconvolution-1d': { iterations: '200', seed: '0,1' },
  'deconvolution-2d': { iterations: '130', particles: '9', lambda: '1,0' },
  'mirror-against-euclidean': { iterations: '300' },
  'relu-trajectories': { iterations: '300' },
  'two-layer': { iterations: '200', lambda: '0,0.01', batch: '20', particles: '5,20' },
  'particle-complexity': { iterations: '100', seed: '0,1', 'deconvolution-particles': '3', 'relu-particles': '4', inputs: '5' }, // prettier-ignore
};

export const studyNamed = (name: string): Study => studies.find((study) => study.name === name)!;

/** The settings of these options, by their long names; those of {@link small} and the defaults for the others. */
export async function settingsOf(study: Study, options: Readonly<Record<string, string>> = {}): Promise<object> {
  const all = { ...small[study.name], ...options };
  const given = optionNames(study).map(({ long, key }, i) => [key, all[long] ?? study.options[i]!.default]);
  return study.settings({ ...Object.fromEntries(given), ...(all['data'] !== undefined && { data: all['data'] }) });
}

/** A file in the form of cal_housing.data. */
export async function housingIn(folder: string): Promise<string> {
  const lines = Array.from(
    { length: 20_640 },
    (_, i) =>
    [-122 + (i % 7), 38 + (i % 5), 1 + (i % 50), 880 + (i % 11), 129 + (i % 13), 322 + (i % 97), 126, 8 + (i % 3), 452_600 + i].join(), // prettier-ignore
  );
  const path = join(folder, 'cal_housing.data');
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}
