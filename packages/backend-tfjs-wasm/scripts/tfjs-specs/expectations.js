// @ts-check
/**
 * What is expected to fail, and why. A spec is named as jasmine names it; a name that stands for two specs is listed twice.
 * @typedef {{ reason: string, specs: string[] }} Exception
 * @typedef {{ name: string, suite: string, status: string, messages: string[] }} Result
 */

/** @param {readonly Result[]} failed @param {readonly Exception[]} exceptions */
export function compare(failed, exceptions) {
  const names = failed.map((result) => result.name);
  const expected = exceptions.flatMap((exception) => exception.specs);
  return { unexpected: without(names, expected), mended: without(expected, names) };
}

/** The difference of two multisets. @param {readonly string[]} names @param {readonly string[]} others */
function without(names, others) {
  const left = new Map();
  for (const other of others) left.set(other, (left.get(other) ?? 0) + 1);
  return names.filter((name) => {
    const count = left.get(name) ?? 0;
    left.set(name, count - 1);
    return count <= 0;
  });
}

/** Failures by the suite they stand in, the largest group first. @param {readonly Result[]} failed */
export function groupByOp(failed) {
  /** @type {Map<string, Result[]>} */
  const groups = new Map();
  for (const result of failed) groups.set(result.suite, [...(groups.get(result.suite) ?? []), result]);
  return [...groups].sort((a, b) => b[1].length - a[1].length || a[0].localeCompare(b[0]));
}
