import { DOMParser } from 'linkedom';

/** A document to draw figures in, outside of a browser. What it writes is XML, so that it can stand in a file of its own. */
export const svgDocument = (): Document =>
  new DOMParser().parseFromString('<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml') as unknown as Document;
