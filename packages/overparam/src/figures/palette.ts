/**
 * Eight colours that are distinct with red-green and blue-yellow colour blindness (after M. Okabe and K. Ito), darkened or
 * lightened to at least 3 : 1 against the paper, and a dash pattern each, so that colour is never alone.
 */
export const PALETTE: readonly { readonly light: string; readonly dark: string; readonly dash: string }[] = [
  { light: '#0072b2', dark: '#4fb3f0', dash: '' },
  { light: '#d55e00', dark: '#ff8f4a', dash: '7 3' },
  { light: '#008a64', dark: '#2ecc9f', dash: '2 2.5' },
  { light: '#b0478c', dark: '#ea9fd0', dash: '9 3 2 3' },
  { light: '#8a6d00', dark: '#e8d44d', dash: '4 2' },
  { light: '#4a4f57', dark: '#c3c8d0', dash: '1 3' },
  { light: '#5b4fc7', dark: '#a9a2ff', dash: '12 3' },
  { light: '#a32a2a', dark: '#ff8585', dash: '6 2 1 2 1 2' },
];

const properties = (shade: 'light' | 'dark'): string =>
  PALETTE.map((entry, i) => `--series-${i}: ${entry[shade]};`).join(' ');

/** CSS for the element that holds the figures: `--paper`, `--ink`, `--faint`, `--series-0` ... `--series-7`. */
export const themeFor = (element: string): string => `
${element} { --paper: #ffffff; --ink: #1c2126; --faint: #5d6670; --rule: #dfe3e8; ${properties('light')} }
@media (prefers-color-scheme: dark) {
  ${element} { --paper: #14181d; --ink: #e8ebef; --faint: #a3acb8; --rule: #323942; ${properties('dark')} }
}`;

export const colorOf = (i: number): string => `var(--series-${i % PALETTE.length})`;
export const dashOf = (i: number): string => PALETTE[i % PALETTE.length]!.dash;
