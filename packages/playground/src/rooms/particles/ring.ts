import type { Measure } from '@overparam/wasserstein-flow';
import { withSpike } from './spikes.ts';

/** The circle, with spikes to drag and the particles on it. */
export interface Ring {
  readonly element: SVGSVGElement;
  spikes(truth: Measure): void;
  /** Sets the particles' current positions. */
  follow(measure: Measure): void;
  /** Draws them with their paths. */
  draw(): void;
  /** Forgets the paths. */
  clear(): void;
}

/** Distance of a weight a from the unit circle: the root of |a|, as in the conic flow. */
const height = (a: number): number => 0.7 * Math.sign(a) * Math.sqrt(Math.min(1.2, Math.abs(a)));
const weightAt = (height: number): number => Math.sign(height) * (height / 0.7) ** 2;
const pathLength = 400;

/**
 * A spike is drawn at its angle, outwards for a positive weight and inwards for a negative one. It is dragged, or moved by
 * the keyboard: left and right along the circle, up and down in weight.
 */
export function ring(moved: (truth: Measure) => void): Ring {
  const element = svg('svg', { viewBox: '-1.75 -1.75 3.5 3.5', class: 'ring', role: 'group', 'aria-label': 'Spikes and particles on a circle' }) as SVGSVGElement; // prettier-ignore
  const paths = svg('g', { class: 'paths' });
  const dots = svg('g', { class: 'dots' });
  const handles = svg('g', {});
  element.append(svg('circle', { r: 1, class: 'circle' }), paths, dots, handles);
  let truth: Measure = { positions: [], weights: [] };
  let now = truth;
  let followed: { readonly path: SVGElement; readonly dot: SVGElement; readonly points: string[] }[] = [];

  const change = (i: number, x: number, weight: number): void => {
    truth = withSpike(truth, i, x, weight);
    place(i);
    moved(truth);
  };
  const place = (i: number): void => {
    const [x, a] = [truth.positions[i]![0]!, truth.weights[i]!];
    const handle = handles.children[i]!;
    const [tip, foot] = [at(x, a), at(x, 0)];
    set(handle.children[0]!, { x1: foot[0], y1: foot[1], x2: tip[0], y2: tip[1] });
    for (const circle of [handle.children[1]!, handle.children[2]!]) set(circle, { cx: tip[0], cy: tip[1] });
    set(handle, {
      class: `spike ${a < 0 ? 'negative' : 'positive'}`,
      'aria-valuenow': x.toFixed(2),
      'aria-valuetext': `angle ${x.toFixed(2)}, weight ${a.toFixed(2)}`,
    });
  };
  const handleOf = (i: number): SVGElement => {
    const handle = svg('g', { tabindex: 0, role: 'slider', 'aria-label': `Spike ${i + 1}`, 'aria-valuemin': 0, 'aria-valuemax': 6.28 }); // prettier-ignore
    handle.append(svg('line', {}), svg('circle', { r: 0.2, class: 'grip' }), svg('circle', { r: 0.07 }));
    handle.addEventListener('keydown', (event) => {
      const [x, a] = [truth.positions[i]![0]!, truth.weights[i]!];
      const key = event.key;
      const turn = { ArrowRight: 0.05, ArrowLeft: -0.05 }[key] ?? 0;
      const grow = { ArrowUp: 0.05, ArrowDown: -0.05 }[key] ?? 0;
      if (turn === 0 && grow === 0) return;
      event.preventDefault();
      // Below the smallest weight, a spike changes its sign.
      const flipped = Math.sign(a + grow) !== Math.sign(a) || Math.abs(a + grow) < 0.02;
      change(i, x + turn, flipped && grow !== 0 ? 0.05 * Math.sign(grow) : a + grow);
    });
    handle.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      handle.focus();
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener('pointermove', (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const { left, top, width, height } = element.getBoundingClientRect();
      const u = ((event.clientX - left) / width - 0.5) * 3.5;
      const v = (0.5 - (event.clientY - top) / height) * 3.5;
      change(i, Math.atan2(v, u), weightAt(Math.hypot(u, v) - 1));
    });
    return handle;
  };
  return {
    element,
    spikes(given) {
      const same = given.weights.length === truth.weights.length;
      truth = given;
      if (!same) handles.replaceChildren(...given.weights.map((_, i) => handleOf(i)));
      given.weights.forEach((_, i) => place(i));
    },
    follow(measure) {
      const { positions, weights } = measure;
      if (followed.length !== weights.length) {
        followed = weights.map(() => ({ path: svg('polyline', {}), dot: svg('circle', { r: 0.03 }), points: [] }));
        paths.replaceChildren(...followed.map(({ path }) => path));
        dots.replaceChildren(...followed.map(({ dot }) => dot));
      }
      followed.forEach(({ points }, i) => {
        points.push(at(positions[i]![0]!, weights[i]!).join());
        if (points.length > pathLength) points.shift();
      });
      now = measure;
    },
    draw() {
      followed.forEach(({ path, dot, points }, i) => {
        const [cx, cy] = at(now.positions[i]![0]!, now.weights[i]!);
        const sign = now.weights[i]! < 0 ? 'negative' : 'positive';
        set(path, { points: points.join(' '), class: sign });
        set(dot, { cx, cy, class: sign });
      });
    },
    clear() {
      followed = [];
      paths.replaceChildren();
      dots.replaceChildren();
    },
  };
}

/** The position of a mass of this weight at an angle; angles run anticlockwise from the right. */
const at = (x: number, weight: number): readonly [number, number] => {
  const radius = 1 + height(weight);
  return [round(radius * Math.cos(x)), round(-radius * Math.sin(x))];
};
const round = (x: number): number => Math.round(1e4 * x) / 1e4;

function svg(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  set(made, attributes);
  return made;
}

function set(element: Element, attributes: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}
