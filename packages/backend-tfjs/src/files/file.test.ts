import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ponos } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { optimizer, registerMethods, type MethodOptimizer } from '../index.ts';
import { file } from './index.ts';

let folder = '';
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'overparam-files-'));
  registerMethods({ ponos });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const [x, y] = [() => tf.randomNormal([12, 2], 0, 1, 'float32', 1), () => tf.randomNormal([12, 1], 0, 1, 'float32', 2)];
const trained = async (): Promise<tf.LayersModel> => {
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 4, activation: 'tanh', inputShape: [2] }), tf.layers.dense({ units: 1 })],
  });
  model.compile({ optimizer: optimizer(ponos(), { direction: 'adam' }), loss: 'meanSquaredError' });
  await model.fit(x(), y(), { epochs: 3, verbose: 0 });
  return model;
};
const weightsOf = (model: tf.LayersModel): number[][] => model.getWeights().map((w) => [...w.dataSync()]);

describe('file', () => {
  it('brings back a model with its optimizer, which continues to the bit', async () => {
    const model = await trained();
    for (const path of [join(folder, 'a'), pathToFileURL(join(folder, 'b')), `file://${join(folder, 'c')}`]) {
      const { modelArtifactsInfo } = await model.save(file(path), { includeOptimizer: true });
      expect(modelArtifactsInfo.modelTopologyType).toBe('JSON');
      const back = await tf.loadLayersModel(file(path));
      expect(weightsOf(back)).toEqual(weightsOf(model));
      expect((back.optimizer as MethodOptimizer).iterations).toBe(model.optimizer.iterations);
      const [one, two] = [await trained(), back];
      await one.fit(x(), y(), { epochs: 2, verbose: 0, shuffle: false });
      await two.fit(x(), y(), { epochs: 2, verbose: 0, shuffle: false });
      expect((two.optimizer as MethodOptimizer).iterations).toBe(5);
    }
    const again = await tf.loadLayersModel(file(join(folder, 'a')));
    await again.fit(x(), y(), { epochs: 2, verbose: 0, shuffle: false });
    await model.fit(x(), y(), { epochs: 2, verbose: 0, shuffle: false });
    expect(weightsOf(again)).toEqual(weightsOf(model));
  });

  it('replaces a model, and leaves no other file of its own', async () => {
    const path = join(folder, 'twice');
    await (await trained()).save(file(path));
    await writeFile(join(path, 'notes.txt'), 'mine');
    const second = await trained();
    await second.save(file(path));
    expect((await readdir(path)).sort()).toEqual(['model.json', 'notes.txt', expect.stringMatching(/^weights-/)]);
    expect(weightsOf(await tf.loadLayersModel(file(path)))).toEqual(weightsOf(second));
  });

  it('leaves the model that is there when a save fails', async () => {
    const path = join(folder, 'kept');
    const model = await trained();
    await model.save(file(path));
    const broken = { modelTopology: { toJSON: () => { throw new Error('no room'); } }, weightData: new ArrayBuffer(4) }; // prettier-ignore
    await expect(file(path).save(broken as never)).rejects.toThrow('no room');
    expect(weightsOf(await tf.loadLayersModel(file(path)))).toEqual(weightsOf(model));
    expect(await readdir(path)).toHaveLength(2);
    // A folder that cannot be made, for there is a file.
    await expect(model.save(file(join(path, 'model.json', 'inner')))).rejects.toThrow(/ENOTDIR|EEXIST/);
  });

  it('says what is missing, damaged or newer', async () => {
    const path = join(folder, 'hurt');
    const load = (): Promise<unknown> => tf.loadLayersModel(file(path));
    const rejects = (code: string, message: RegExp): Promise<void> =>
      expect(load()).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
    await rejects('FILE_MISSING', /There is no .*model\.json: save a model there first/);
    await (await trained()).save(file(path));
    const json = join(path, 'model.json');
    const text = await readFile(json, 'utf8');
    const saved = JSON.parse(text) as { weightsManifest: { paths: string[] }[]; overparam: object };
    const weights = join(path, saved.weightsManifest[0]!.paths[0]!);
    const bytes = await readFile(weights);

    await writeFile(json, text.slice(0, text.length / 2));
    await rejects('FILE_DAMAGED', /it is not JSON/);
    for (const [change, message] of [
      [null, /not an object/],
      [{ ...saved, modelTopology: undefined }, /no model topology/],
      [{ ...saved, weightsManifest: {} }, /list of weights/],
      [{ ...saved, weightsManifest: [{ paths: ['../secret'], weights: [] }] }, /outside of its folder/],
    ] as const) {
      await writeFile(json, JSON.stringify(change));
      await rejects('FILE_DAMAGED', message);
    }
    await writeFile(json, JSON.stringify({ ...saved, overparam: { ...saved.overparam, version: 2 } }));
    await rejects('FILE_NEWER', /update the package/);
    await writeFile(json, text);
    for (const hurt of [
      bytes.subarray(0, bytes.length - 1),
      Uint8Array.from(bytes, (byte, i) => (i === 3 ? byte ^ 1 : byte)),
    ]) {
      await writeFile(weights, hurt);
      await rejects('FILE_DAMAGED', /not those that were saved/);
    }
    await rm(weights);
    await rejects('FILE_MISSING', /weights-/);
  });

  it.each([undefined, '', 3, null])('refuses the path %s', (path) => {
    expect(() => file(path as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
