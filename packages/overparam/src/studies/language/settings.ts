import { badOption } from '@overparam/core';
import { limit } from '../../limits.ts';
import { oneOf } from '../option-values.ts';
import { countIn, optionsOf, settingsOf, type MatSettings } from '../mat/settings.ts';
import type { StudyOption } from '../study.ts';
import { AT_A_TIME } from './language-task.ts';
import { readText } from './text.ts';
import { tokenizers, tokensOf, type Tokenizer } from './tokens.ts';

export interface LanguageSettings extends MatSettings {
  /** The path of a text; absent: the included one. */
  readonly data?: string;
  readonly tokenizer: Tokenizer;
  readonly tokens: number;
  readonly validation: number;
  readonly vocabulary: number;
  readonly layers: number;
  /** d */
  readonly width: number;
  readonly heads: number;
  /** T */
  readonly length: number;
  /** These replace each second feed-forward block; 0 for none. */
  readonly experts: number;
}

const own: readonly StudyOption[] = [
  { flags: '--tokens <n>', about: 'how many tokens of the text to train on; with few of them the model overfits', default: '4000' }, // prettier-ignore
  { flags: '--validation <n>', about: 'how many tokens after these to validate on', default: '20000' },
  { flags: '--tokenizer <name>', about: tokenizers.join(', '), default: 'bytes' },
  { flags: '--vocabulary <n>', about: 'different tokens at most; the rarest are taken for one', default: '2000' },
  { flags: '--layers <n>', about: 'layers', default: '4' },
  { flags: '--width <n>', about: 'width d', default: '48' },
  { flags: '--heads <n>', about: 'attention heads a layer', default: '2' },
  { flags: '--length <n>', about: 'tokens of a sequence', default: '32' },
];

export const languageOptions = (experts: boolean): readonly StudyOption[] => [
  ...optionsOf({
    seed: '0',
    steps: '600',
    batch: '16',
    every: experts ? '100' : '50',
    spectraSamples: experts ? '4' : '16',
    alpha: '0.3',
    gradients: 'around',
    lr: '0.003',
  }),
  ...own,
  ...(experts ? [{ flags: '--experts <n>', about: 'experts in each second layer', default: '4' }] : []),
];

/** @throws OverparamError `BAD_OPTION`, and of the text `DATA_MISSING`, `DATA_TOO_SMALL` */
export async function languageSettings(given: Readonly<Record<string, string | undefined>>): Promise<LanguageSettings> {
  const { data } = given;
  const settings: LanguageSettings = {
    ...settingsOf(given),
    ...(data !== undefined && { data }),
    tokenizer: oneOf('tokenizer', given['tokenizer'], tokenizers),
    tokens: countIn('tokens', given['tokens']),
    validation: countIn('validation', given['validation']),
    vocabulary: countIn('vocabulary', given['vocabulary'], 2),
    layers: countIn('layers', given['layers']),
    width: countIn('width', given['width']),
    heads: countIn('heads', given['heads']),
    length: countIn('length', given['length']),
    experts: given['experts'] === undefined ? 0 : countIn('experts', given['experts'], 2),
  };
  const { width, heads, length, tokens, validation } = settings;
  if (width % heads !== 0) throw badOption('--width', width, `a multiple of the ${heads} heads`);
  if (Math.min(tokens, validation) < 2 * length)
    throw badOption('--length', length, `at most half of the ${Math.min(tokens, validation)} tokens of a text`);
  checkSize(settings);
  // Report a text that is too short before the work.
  tokensOf(await readText(data), { ...settings, train: tokens });
  return settings;
}

/** By the parameters, and by the activations of the larger of a batch and of the sequences that are validated at a time. */
function checkSize({
  tokenizer,
  vocabulary,
  tokens,
  layers,
  width,
  heads,
  length,
  experts,
  batch,
}: LanguageSettings): void {
  const words = Math.min(vocabulary, tokenizer === 'bytes' ? 257 : tokens);
  const parameters = layers * (12 + 8 * experts) * width ** 2 + (2 * words + length) * width;
  const positions = Math.max(batch, AT_A_TIME) * length;
  const activations = positions * (words + layers * (16 * width + heads * length));
  const options = '--layers, --width, --heads, --length, --experts, --vocabulary, --batch';
  limit('numbers', options, parameters + activations);
  limit('multiplications per step', options, 3 * positions * (parameters + layers * length * width));
}
