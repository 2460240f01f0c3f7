import { tokensOf } from '../studies/language/tokens.ts';
import { readText } from '../studies/language/text.ts';
import type { Samples } from '../training/task.ts';
import { sha256 } from './checksum.ts';
import type { Experiment } from './experiment.ts';

const BYTES = { train: 100_000, validation: 20_000 };
const SEQUENCES = { train: 10_000, validation: 2_000 };
/** T */
const LENGTH = 32;

/** The byte of a text that follows 32 others, by a recurrent network. */
export const sequences: Experiment = {
  name: 'sequences',
  title: 'Bytes of a text',
  source: 'ours; the network is that of Hochreiter and Schmidhuber: Long short-term memory. Neural Computation 9, 1997',
  data: 'included: addresses on the state of the Union. --data FILE: another text, plain or gzip, of 120,000 bytes or more',
  takes: 'five minutes',
  defaults: { model: 'lstm', batch: 64, epochs: 10, methods: ['ponos-adam', 'ponos', 'adam', 'sgd'] },
  models: 'recurrent',
  learningRates: { sgd: 1, adam: 1e-2 },
  ablations: {},
  async load(data) {
    const { train, validation, vocabulary } = tokensOf(await readText(data), {
      tokenizer: 'bytes',
      train: BYTES.train,
      validation: BYTES.validation,
      vocabulary: 256,
    });
    return {
      features: LENGTH,
      classes: vocabulary,
      train: sequencesOf(train, SEQUENCES.train),
      test: sequencesOf(validation, SEQUENCES.validation),
      sha256: sha256(train, validation),
    };
  },
};

/** Sequences at even distances, and what follows each. */
function sequencesOf(tokens: Int32Array, count: number): Samples {
  const inputs = new Float32Array(count * LENGTH);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const start = Math.floor((i * (tokens.length - LENGTH - 1)) / (count - 1));
    inputs.set(tokens.subarray(start, start + LENGTH), i * LENGTH);
    labels[i] = tokens[start + LENGTH]!;
  }
  return { count, inputs, labels };
}
