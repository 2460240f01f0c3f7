import type { Part } from '../../modules/part.ts';
import type { SitePart } from '../factor.ts';
import type { Site } from './site.ts';

/**
 * The columns of a and b at a site that belong to a part of its variable; undefined where the part is no product of
 * columns of a and columns of b.
 * @param shape of the variable
 */
export function sitePart(site: Site, shape: readonly number[], part: Part): SitePart | undefined {
  if (!part) return { site, ins: undefined, outs: undefined };
  const { fanIn, fanOut, transposed } = site;
  const length = shape[part.axis]!;
  const inner = shape.slice(part.axis + 1).reduce((product, n) => product * n, 1);
  const [rows, columns] = transposed ? [fanOut, fanIn] : [fanIn, fanOut];
  /** Of `count` indices of the matrix, `step` in a row for each index along the axis, those within the part. */
  const within = (count: number, step: number): number[] | undefined =>
    count % (step * length) === 0
      ? Array.from({ length: count }, (_, i) => i).filter((i) => {
          const at = Math.floor(i / step) % length;
          return part.ranges.some(([from, to]) => from <= at && at < to);
        })
      : undefined;
  const ofColumns = within(columns, inner);
  const ofRows = !ofColumns && inner % columns === 0 ? within(rows, inner / columns) : undefined;
  if (!ofColumns && !ofRows) return undefined;
  return transposed ? { site, ins: ofColumns, outs: ofRows } : { site, ins: ofRows, outs: ofColumns };
}

/** The shape of a part in one piece. */
export const shapeOf = (shape: readonly number[], part: Part): number[] =>
  shape.map((length, axis) =>
    axis === part?.axis ? part.ranges.reduce((sum, [from, to]) => sum + to - from, 0) : length,
  );
