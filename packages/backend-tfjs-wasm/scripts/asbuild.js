import { writeFileSync } from 'node:fs';
import { embedded } from './compile.js';

writeFileSync(new URL('../src/kernels/embedded.ts', import.meta.url), await embedded());
