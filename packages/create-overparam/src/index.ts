export { main, type Terminal } from './main.ts';
export { scaffold, type Scaffolding } from './scaffold.ts';
export { template, type TemplateValues } from './template.ts';
export { kinds, type Kind } from './kind.ts';
