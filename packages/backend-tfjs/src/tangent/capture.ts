import { reshape, type Tensor } from '@tensorflow/tfjs-core';
import type { Part, Selection } from '../modules/part.ts';
import { factor, type Factor, type SitePart } from './factor.ts';
import type { JacobianSource } from './jacobian-source.ts';
import type { Outcome } from './outcome.ts';
import { bytesPerOutput, sensitivities, unitColumn, type Sensitivities } from './sensitivities.ts';
import { sitePart } from './sites/site-part.ts';
import { turned } from './squared-columns.ts';
import { locate, type Sites } from './structure.ts';

/** The sites of some variables, and the sensitivities of all outputs there. */
export interface Captured {
  readonly at: Sites;
  readonly of: Sensitivities;
}

/** Inputs and sensitivities of layers, which stay for the rest of a step. */
export interface Capturing {
  /** What is captured now. */
  held(): Captured | undefined;
  /** The sites of these variables and the sensitivities of all outputs, where they fit the memory. */
  capture(selection: Selection): Captured | undefined;
  sitesOf(variables: Iterable<number>): Sites;
  /** What belongs to a part at the sites of its variable; undefined where its structure is not known. */
  partsOf(at: Sites, variable: number, part: Part): readonly SitePart[] | undefined;
  /** The selected parts that affect the outcome, and not through sites that are known. */
  restOf(at: Sites | undefined, selection: Selection): Selection;
  factorsOf(
    at: Sites,
    selection: Selection,
    chosen: readonly number[] | undefined,
    scale?: ReadonlyMap<number, Tensor>,
  ): Factor[];
  /** Sensitivities block by block of the outputs, as many at a time as fit the memory. */
  byBlocks(at: Sites): { readonly blocks: number[][]; sensitivitiesOf(outputs: readonly number[]): Sensitivities };
  dispose(): void;
}

/** @param mixed the entries at which samples are not separate, as far as is known */
export function capturing(
  { structure, variables, outcome, connected, memory }: Omit<JacobianSource, 'known'>,
  mixed: () => ReadonlySet<string> | undefined,
): Capturing {
  const { samples, width, from } = outcome;
  const everyOutput = Array.from({ length: width }, (_, k) => k);
  const fromOutput = (k: number): ReturnType<Outcome['from']> => from(unitColumn(samples, width, k));
  let captured: Captured | undefined;

  const sitesOf = (wanted: Iterable<number>): Sites =>
    locate(
      structure,
      [...wanted].filter((variable) => connected.has(variable)),
      samples,
      mixed(),
    );
  const covers = ({ sites, others }: Sites, selection: Selection): boolean =>
    [...selection.keys()].every((variable) => !connected.has(variable) || sites.has(variable) || others.has(variable));
  const partsOf = ({ sites }: Sites, variable: number, part: Part): readonly SitePart[] | undefined => {
    const parts = sites.get(variable)?.map((site) => sitePart(site, variables[variable]!.shape, part));
    return parts?.every((one) => one !== undefined) ? parts : undefined;
  };

  return {
    held: () => captured,
    capture(selection) {
      if (captured && covers(captured.at, selection)) return captured;
      // Who asks for one module after the other gets them all at once.
      const at = sitesOf(captured ? connected : selection.keys());
      captured?.of.dispose();
      captured = undefined;
      if (bytesPerOutput(at.located, samples) * width > memory) return undefined;
      return (captured = { at, of: sensitivities(at.way, at.located, everyOutput, fromOutput) });
    },
    sitesOf,
    partsOf,
    restOf: (at, selection) =>
      new Map(
        [...selection].filter(([variable, part]) => connected.has(variable) && !(at && partsOf(at, variable, part))),
      ),
    factorsOf: (at, selection, chosen, scale) =>
      [...selection].flatMap(([variable, part]) => {
        const parts = partsOf(at, variable, part);
        if (!parts) return [];
        const [{ site, ins, outs }] = parts as [SitePart];
        const [fanIn, fanOut] = [ins?.length ?? site.fanIn, outs?.length ?? site.fanOut];
        const by = scale?.get(variable);
        const shape = site.transposed ? [fanOut, fanIn] : [fanIn, fanOut];
        return [factor(parts, samples, chosen, by && ((): Tensor => turned(reshape(by, shape), site.transposed)))!];
      }),
    byBlocks(at) {
      const block = Math.max(1, Math.floor(memory / 2 / bytesPerOutput(at.located, samples)));
      const blocks = Array.from({ length: Math.ceil(width / block) }, (_, i) =>
        everyOutput.slice(i * block, (i + 1) * block),
      );
      return { blocks, sensitivitiesOf: (outputs) => sensitivities(at.way, at.located, outputs, fromOutput) };
    },
    dispose() {
      captured?.of.dispose();
      captured = undefined;
    },
  };
}
