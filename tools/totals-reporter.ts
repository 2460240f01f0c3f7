import type { Reporter, TestModule } from 'vitest/node';

/** Closes a run with one plain line, `N passed, N failed, N skipped`, that people and machines read alike. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++;
      // A file that fails to load has no tests to count; it must not look like success.
      count.failed += module.errors().length;
    }
    console.log(`${count.passed} passed, ${count.failed + unhandled.length} failed, ${count.skipped} skipped`);
  }
}
