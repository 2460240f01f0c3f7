import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { housingIn, settingsOf, studyNamed } from '../../test/small-studies.ts';
import { forgetCheckpoints } from '../session/continuation.ts';
import { random } from '../training/random.ts';
import { studies } from './index.ts';
import { comparisons } from './mat/settings.ts';
import { readStudyCheckpoint, runStudy } from './session.ts';
import type { Study } from './study.ts';

let out: string;
beforeEach(async () => void (out = await mkdtemp(join(tmpdir(), 'overparam-'))));
afterEach(() => rm(out, { recursive: true, force: true }));

/** Without times, and without the work of checking the model's structure, which each session does once. */
const timeless = (done: unknown): unknown =>
  JSON.parse(JSON.stringify(done, (key, value: unknown) => (['seconds', 'work'].includes(key) ? 0 : value)));

/** The study in sessions that are stopped at random; each continues from the file that the one before left. */
async function inSessions(study: Study, settings: object, longest: number): Promise<unknown> {
  const uniform = random(1);
  for (let sessions = 0; ; sessions++) {
    const from = await readStudyCheckpoint(out);
    let moments = 1 + Math.floor(uniform() * longest);
    const done = await runStudy({ study, settings, out, from, saveEvery: 1e9, stop: () => --moments <= 0 });
    if (!done) continue;
    expect(sessions, 'sessions that were stopped').toBeGreaterThan(0);
    await forgetCheckpoints(out);
    return done;
  }
}

async function expectTheSame(study: Study, options: Readonly<Record<string, string>>, longest = 5): Promise<void> {
  const settings = await settingsOf(study, options);
  const whole = await runStudy({ study, settings, out, saveEvery: 1e9, stop: () => false });
  await forgetCheckpoints(out);
  expect(timeless(await inSessions(study, settings, longest))).toEqual(timeless(whole));
}

describe('stopped at random and resumed, the numbers are the same to the bit:', () => {
  const mat = ['transformer-lm', 'switch-lm', 'cnn'];
  it.each(studies.map(({ name }) => name).filter((name) => !mat.includes(name)))('%s', async (name) => {
    const data = name === 'california' ? { data: await housingIn(out) } : undefined;
    // A fit of a problem of NIST is one moment.
    const options = { ...data, ...(name === 'nist' && { derivatives: 'analytic' }) };
    await expectTheSame(studyNamed(name), options, name === 'nist' ? 26 : 5);
  });

  it.each(
    mat.flatMap((name) =>
      comparisons.flatMap((method) => ['adam', 'ponos'].map((inner) => [name, method, inner] as const)),
    ),
  )('%s, method %s, inner %s', async (name, methods, inner) => {
    await expectTheSame(studyNamed(name), { methods, inner });
  });
});
