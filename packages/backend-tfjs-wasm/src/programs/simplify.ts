import { type Block, type Pointer } from './memory.ts';
import { type Call, isForeign, type Job, type Step } from './recording.ts';
import { type Uses, usesOf } from './reads-writes.ts';
import { signatures } from './signatures.ts';

/** The steps of a program, in order, without those that need not be made. */
export interface Simplified {
  /** Made once, when the program is built: nothing that they read ever changes. */
  readonly once: readonly Step[];
  readonly steps: readonly Step[];
  /** The block in whose place another one is used: both always hold the same. */
  standIn(block: Block): Block;
}

/**
 * Leaves out steps whose results nobody uses, and those that compute what another step has computed; separates those that depend
 * on constants alone.
 *
 * @param results blocks that must be right when the program has run
 * @param isConstant whether a block holds the same in every run
 * @param moves whether a block lies elsewhere in every run
 */
export function simplify(
  steps: readonly Step[],
  results: Iterable<Block>,
  isConstant: (block: Block) => boolean,
  moves: (block: Block) => boolean,
): Simplified {
  const uses = new Map(steps.map((step) => [step, usesOf(step)]));
  const writers = new Map<Block, number>();
  for (const { writes } of uses.values()) for (const block of writes) writers.set(block, (writers.get(block) ?? 0) + 1);
  const writtenOnce = ({ writes }: Uses): boolean => [...writes].every((block) => writers.get(block) === 1);

  // Results stay where they are.
  const kept = new Set(results);
  const standIns = new Map<Block, Block>();
  const standIn = (block: Block): Block => standIns.get(block) ?? block;
  const known = new Map<string, readonly Block[]>();
  const number = numbers<Block>();
  const constants = new Set<Block>();
  const constant = (block: Block): boolean => constants.has(block) || isConstant(block) || block.integers !== undefined;
  const [once, left]: [Step[], Step[]] = [[], []];
  for (const step of steps) {
    const use = uses.get(step)!;
    if (isForeign(step) || !writtenOnce(use)) {
      left.push(step);
      continue;
    }
    const key = keyOf(step, (block) => number(standIn(block)));
    const [same, written] = [known.get(key), [...use.writes]];
    if (same && written.every((block) => !kept.has(block))) {
      written.forEach((block, i) => standIns.set(block, same[i]!));
      continue;
    }
    if (!same) known.set(key, written);
    const stays = written.every((block) => !moves(block)) && !hasParameters(step);
    if (stays && [...use.reads].every((block) => constant(standIn(block)))) {
      for (const block of written) constants.add(block);
      once.push(step);
    } else left.push(step);
  }

  const needed = new Set([...kept].map(standIn));
  const live = (part: readonly Step[]): Step[] =>
    [...part]
      .reverse()
      .filter((step) => {
        const { reads, writes } = uses.get(step)!;
        if (![...writes].some((block) => needed.has(block))) return false;
        for (const block of reads) needed.add(standIn(block));
        return true;
      })
      .reverse();
  const liveSteps = live(left);
  return { once: live(once), steps: liveSteps, standIn };
}

const hasParameters = (job: Job): boolean =>
  job.calls.some(({ args }) => args.some((value) => typeof value !== 'number'));

/** What a job computes: equal for two jobs that compute the same from the same. */
function keyOf(job: Job, number: (block: Block) => number): string {
  const written = numbers<Block>();
  const place = ({ block, offset }: Pointer, kind: string): string => {
    if (kind === 'w') return `w${written(block)}.${block.bytes}+${offset}`;
    if (kind === 's') return 's';
    return block.integers ? `[${[...block.integers].join(';')}]+${offset}` : `${number(block)}+${offset}`;
  };
  const keyOfCall = ({ kernel, args, pointers }: Call): string => {
    const kinds = signatures[kernel];
    const texts = args.map((value, i) => {
      const pointer = pointers[i];
      if (pointer) return place(pointer, kinds[i]!);
      // Parameters are equal when they are one and the same.
      return typeof value === 'number'
        ? `${Object.is(value, -0) ? '-0' : value}`
        : `parameter ${parameterNumber(value)}`;
    });
    return `${kernel}(${texts.join()})`;
  };
  return job.calls.map(keyOfCall).join('\n');
}

const parameterNumber = numbers<object>(true);

/** Numbers things in the order in which they are met. */
function numbers<T extends object>(weak = false): (thing: T) => number {
  const known: WeakMap<T, number> | Map<T, number> = weak ? new WeakMap<T, number>() : new Map<T, number>();
  let next = 0;
  return (thing) => {
    let number = known.get(thing);
    if (number === undefined) known.set(thing, (number = next++));
    return number;
  };
}
