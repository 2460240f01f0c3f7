import { themeFor } from '../figures/index.ts';

export const STYLE: string = `${themeFor(':root')}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1rem; margin: 0 0 .25rem; }
p { margin: .25rem 0; max-width: 60rem; }
.faint { color: var(--faint); font-size: .875rem; }
a { color: inherit; text-underline-offset: .2em; }
.scroll { overflow-x: auto; margin: 1.75rem 0 .5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; min-width: 44rem; width: 100%; }
caption { text-align: left; font-weight: 600; padding-bottom: .35rem; }
th, td { padding: .45rem .9rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { font-size: .8125rem; font-weight: 500; color: var(--faint); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td.best { font-weight: 650; }
.key { display: inline-block; vertical-align: middle; margin-right: .6rem; }
.legend { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; padding: .6rem 0; margin: 1.5rem 0 .5rem; background: var(--paper); border-bottom: 1px solid var(--rule); font-size: .9rem; list-style: none; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 2rem 2.25rem; margin-top: 1.5rem; }
section { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--rule); }
.system { font-size: 1.25rem; }
.wide { grid-column: 1 / -1; min-width: 0; }
pre { margin: .75rem 0; padding: .6rem .9rem; border: 1px solid var(--rule); border-radius: 6px; overflow-x: auto; font-size: .875rem; }
figure { margin: 0; min-width: 0; }
figure svg:not(.key) { display: block; width: 100%; height: auto; overflow: visible; }
figcaption { display: flex; justify-content: space-between; align-items: baseline; }
.downloads { white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; font-size: .875rem; margin: 2.5rem 0 0; padding-top: 1.25rem; border-top: 1px solid var(--rule); }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
@media print { .legend { position: static; } figure { break-inside: avoid; } }
`;
