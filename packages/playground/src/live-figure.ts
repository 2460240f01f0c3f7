import { draw, numbersOf, toCsv, toJson, type Figure, type Numbers } from 'overparam/figures';
import { element } from './elements.ts';

/** A figure that is redrawn as data arrives, with its numbers to download. */
export interface LiveFigure {
  readonly element: HTMLElement;
  show(figure: Figure): void;
  /** Draws something other than lines: returns an SVG of the given width. */
  showDrawn(drawn: (size: Size) => Element, numbers: Numbers): void;
}

export interface Size {
  readonly document: Document;
  readonly width: number;
  readonly height: number;
}

/** At most this many points are drawn. The downloaded numbers have all of them. */
const visible = 400;

export function liveFigure(name: string, title: string): LiveFigure {
  const plot = element('div', { class: 'plot' });
  let numbers: () => Numbers = () => [];
  const download = (format: string, type: string, text: (numbers: Numbers) => string): HTMLElement =>
    element(
      'button',
      { type: 'button', class: 'link', 'aria-label': `${title} as ${format}`, onclick: () => save(`${name}.${format.toLowerCase()}`, type, text(numbers())) }, // prettier-ignore
      format,
    );
  const caption = element(
    'figcaption',
    {},
    element('h2', {}, title),
    element('span', { class: 'downloads' }, download('CSV', 'text/csv', toCsv), download('JSON', 'application/json', toJson)), // prettier-ignore
  );
  const size = (): Size => {
    const width = Math.max(280, Math.min(620, Math.round(plot.clientWidth || 480)));
    return { document, width, height: Math.round(Math.max(190, width * 0.5)) };
  };
  return {
    element: element('figure', { id: name }, caption, plot),
    show(figure) {
      numbers = () => numbersOf(figure);
      const series = figure.series.map(({ label, points }) => ({ label, points: thinned(points) }));
      plot.replaceChildren(asOne(draw({ ...figure, series }, size())));
    },
    showDrawn(drawn, all) {
      numbers = () => all;
      plot.replaceChildren(asOne(drawn(size())));
    },
  };
}

/** An image has one label. Plot also labels its parts, which have no role and confuse screen readers. */
function asOne(svg: Element): Element {
  for (const part of svg.querySelectorAll('[aria-label], [aria-description]')) {
    part.removeAttribute('aria-label');
    part.removeAttribute('aria-description');
  }
  return svg;
}

/** Every k-th, and the last. */
function thinned<T>(points: readonly T[]): readonly T[] {
  const every = Math.ceil(points.length / visible);
  return every > 1 ? points.filter((_, i) => i % every === 0 || i === points.length - 1) : points;
}

function save(name: string, type: string, text: string): void {
  const href = URL.createObjectURL(new Blob([text], { type }));
  element('a', { href, download: name }).click();
  URL.revokeObjectURL(href);
}
