import { defineConfig } from 'vitest/config';

// Tests run from source: the condition makes every `@overparam/*` import resolve to its `src/index.ts`.
const conditions = ['@overparam/source'];

export default defineConfig({
  resolve: { conditions: [...conditions, 'module', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: [...conditions, 'module', 'node', 'import', 'default'] } },
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
    // Vitest computes on all cores already; tests of threads ask for theirs.
    env: { OVERPARAM_THREADS: '1' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One fewer when absent, which on two cores leaves one idle.
    maxWorkers: '100%',
    reporters: ['default', new URL('./tools/totals-reporter.ts', import.meta.url).pathname],
  },
});
