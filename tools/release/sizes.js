const METHODS = ['gauss-newton', 'line-search', 'mntk-mat', 'polyak-nonmonotone', 'wasserstein-flow'];
const TARGET = 60_000;

const isMethod = ({ name }) => METHODS.some((method) => name === `@overparam/${method}`);
const kB = (bytes) => (bytes / 1000).toFixed(1);

/** Every dependency that is installed, those of the packed ones included. */
function installedWith(name, packed, seen = new Set()) {
  const found = packed.find((other) => other.name === name);
  for (const dependency of Object.keys(found?.manifest.dependencies ?? {}))
    if (!seen.has(dependency)) installedWith(dependency, packed, seen.add(dependency));
  return [...seen];
}

/**
 * What each package weighs and brings along. `src` is there for the maps, which point into it.
 * @param {readonly Pick<import('./pack.js').Packed, 'name' | 'version' | 'unpacked' | 'manifest'>[]} packed
 * @returns {string} a table
 */
export function sizeTable(packed) {
  const rows = packed.map((one) => {
    const along = installedWith(one.name, packed);
    const ours = packed.filter(({ name }) => along.includes(name));
    const installed = [one, ...ours].reduce((sum, { unpacked }) => sum + unpacked.all, 0);
    const target = isMethod(one) ? (one.unpacked.loaded < TARGET ? 'below 60' : 'above 60') : '';
    const { all, loaded } = one.unpacked;
    return [one.name, kB(all), kB(loaded), target, kB(installed), ours.length, along.length - ours.length];
  });
  const head = ['package', 'kB', 'without src', 'target', 'kB with ours', 'dependencies, ours', 'others'];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/**
 * What method packages bring along that is not ours: it has to be nothing.
 * @param {readonly import('./pack.js').Packed[]} packed
 * @returns {string[]} complaints
 */
export function foreignDependencies(packed) {
  const own = new Set(packed.map(({ name }) => name));
  return packed.filter(isMethod).flatMap(({ name }) =>
    installedWith(name, packed)
      .filter((other) => !own.has(other))
      .map((other) => `${name} brings ${other} along: a method package depends on ours only`),
  );
}
