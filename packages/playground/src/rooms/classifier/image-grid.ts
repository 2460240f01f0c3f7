import { classes } from '@overparam/fashion-mnist';
import { element } from '../../elements.ts';

export interface ImageGrid {
  readonly element: HTMLElement;
  images(pixels: Uint8Array, labels: Uint8Array): void;
  /** Marks the images that are misclassified. */
  guesses(guesses: Uint8Array, whose: string): void;
  clear(): void;
}

const side = 28;

/** Test images, and which of them a network gets wrong. */
export function imageGrid(): ImageGrid {
  const title = element('h2', {}, 'Test images');
  const list = element('ul', { class: 'images' });
  let tiles: { readonly item: HTMLElement; readonly text: HTMLElement; readonly label: number }[] = [];
  return {
    element: element('section', { id: 'images', 'aria-label': 'Test images' }, title, list),
    images(pixels, labels) {
      tiles = Array.from(labels, (label, i) => {
        const canvas = element('canvas', { width: side, height: side, 'aria-hidden': 'true' });
        const shades = new Uint8ClampedArray(4 * side * side);
        for (let k = 0; k < side * side; k++) shades.fill(pixels[i * side * side + k]!, 4 * k, 4 * k + 3);
        for (let k = 3; k < shades.length; k += 4) shades[k] = 255;
        canvas.getContext('2d')!.putImageData(new ImageData(shades, side, side), 0, 0);
        const text = element('span', {}, classes[label]!);
        return { item: element('li', {}, canvas, text), text, label };
      });
      list.replaceChildren(...tiles.map(({ item }) => item));
    },
    guesses(guesses, whose) {
      let wrong = 0;
      tiles.forEach(({ item, text, label }, i) => {
        const mistaken = guesses[i] !== label;
        if (mistaken) wrong++;
        item.classList.toggle('wrong', mistaken);
        text.textContent = mistaken ? `${classes[label]}, taken for ${classes[guesses[i]!]}` : classes[label]!;
      });
      title.textContent = `Test images: ${whose} gets ${wrong} of ${tiles.length} wrong`;
    },
    clear() {
      title.textContent = 'Test images';
      for (const { item, text, label } of tiles) {
        item.classList.remove('wrong');
        text.textContent = classes[label]!;
      }
    },
  };
}
