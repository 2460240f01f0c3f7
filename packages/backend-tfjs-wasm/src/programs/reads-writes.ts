import { type Block } from './memory.ts';
import { type Call, isForeign, type Step } from './recording.ts';
import { signatures } from './signatures.ts';

/** Which blocks a step reads, writes, or uses in any way, scratch and the parts for threads included. */
export interface Uses {
  readonly reads: ReadonlySet<Block>;
  readonly writes: ReadonlySet<Block>;
  readonly all: ReadonlySet<Block>;
}

export function usesOf(step: Step): Uses {
  const [reads, writes, all] = [new Set<Block>(), new Set<Block>(), new Set<Block>()];
  if (isForeign(step)) {
    for (const input of Object.values(step.inputs)) if (input) reads.add(input.pointer.block);
    for (const { pointer } of step.outputs) writes.add(pointer.block);
    return { reads, writes, all: new Set([...reads, ...writes]) };
  }
  const use = ({ kernel, pointers }: Call, computed: boolean): void =>
    pointers.forEach((pointer, i) => {
      if (!pointer) return;
      all.add(pointer.block);
      const kind = signatures[kernel][i];
      if (computed && kind === 'p') reads.add(pointer.block);
      if (computed && kind === 'w') writes.add(pointer.block);
    });
  step.calls.forEach((call) => use(call, true));
  // The parts compute the same; what is theirs alone is scratch and integers.
  step.cut?.calls.forEach((call) => use(call, false));
  return { reads, writes, all };
}
