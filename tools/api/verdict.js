import { breaks, compare } from './compare.js';

const LEVELS = ['none', 'patch', 'minor', 'major'];

/** What a version number must do for these differences: before 1.0 a minor version may break, from then on a major. */
function wanted(version, differences) {
  const stable = !version.startsWith('0.');
  if (differences.some(breaks)) return stable ? 'major' : 'minor';
  if (differences.length > 0) return stable ? 'minor' : 'patch';
  return 'none';
}

/**
 * What is wrong with a change of a package's API, and what to do; undefined when its changesets cover it.
 * @param {object} about
 * @param {string} about.name
 * @param {{ version: string, api: Record<string, string> }} about.released
 * @param {Record<string, string>} about.present
 * @param {string} about.bump what the pending changesets make of the package: none, patch, minor or major
 * @returns {string | undefined}
 */
export function verdict({ name, released, present, bump }) {
  const entries = [...new Set([...Object.keys(released.api), ...Object.keys(present)])];
  const differences = entries.flatMap((entry) =>
    compare(released.api[entry] ?? '', present[entry] ?? '').map((difference) => ({
      ...difference,
      name: entry === '.' ? difference.name : `${entry} ${difference.name}`,
    })),
  );
  const level = wanted(released.version, differences);
  if (LEVELS.indexOf(bump) >= LEVELS.indexOf(level)) return undefined;
  const breaking = differences.some(breaks);
  return [
    breaking
      ? `${name} would break its users since ${released.version}:`
      : `${name} has more API than ${released.version}:`,
    ...differences.filter((difference) => !breaking || breaks(difference)).map(line),
    `This takes a ${level} changeset, and the pending changesets make it ${bump}.`,
    breaking
      ? `Where it is meant, run 'npx changeset', choose ${name} and ${level}, and write what its users do instead. Where not, bring it back.`
      : `Run 'npx changeset', and choose ${name} and ${level}.`,
  ].join('\n');
}

const WORDS = { removed: 'removed ', changed: 'changed ', demanded: 'demanded', added: 'added   ' };

const line = ({ kind, name, before, after }) =>
  [
    `  ${WORDS[kind]} ${name}`,
    ...(before === undefined ? [] : [`    was  ${before}`]),
    ...(after === undefined ? [] : [`    now  ${after}`]),
  ].join('\n');
