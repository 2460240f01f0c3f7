import { parseHTML } from 'linkedom';

/** A document to draw figures in, outside of a browser. */
export const svgDocument = (): Document =>
  parseHTML('<!doctype html><html><body></body></html>').document as unknown as Document;

/** The text as it stands in HTML. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
