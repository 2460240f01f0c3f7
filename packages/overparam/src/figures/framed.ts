import * as Plot from '@observablehq/plot';

export interface DrawOptions {
  /** The page's document, or linkedom's. */
  readonly document: Document;
  readonly width?: number;
  readonly height?: number;
}

/** A drawing in the frame, type and colours that all figures share; it takes its colours from {@link themeFor}. */
export function framed(
  options: Plot.PlotOptions,
  title: string,
  { document, width = 520, height = 320 }: DrawOptions,
): Element {
  const svg = Plot.plot({
    width,
    height,
    marginLeft: 58,
    marginBottom: 42,
    marginTop: 26,
    marginRight: 24,
    ...options,
    document,
    style: { background: 'none', color: 'var(--ink)', fontSize: '12px', fontFamily: 'system-ui, sans-serif' },
    marks: [Plot.frame({ anchor: 'bottom', stroke: 'var(--faint)' }), ...(options.marks ?? [])],
  });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  return svg;
}
