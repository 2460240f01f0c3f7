/** The modules that MAT chooses from, by kind: widths, and so the scales of spectra, differ between kinds. */
export function kindsOf(modules: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const kinds: Record<string, string[]> = {};
  for (const module of modules) {
    const kind = kindOf(module);
    if (kind) (kinds[kind] ??= []).push(module);
  }
  return kinds;
}

const kindOf = (module: string): string | undefined =>
  module.includes('/head')
    ? 'heads'
    : /\/expert\d/.test(module)
      ? 'experts'
      : module.endsWith('/feed-forward')
        ? 'feed-forward blocks'
        : module.startsWith('conv')
          ? 'convolutions'
          : undefined;

/** The modules layer by layer, from the input on: `layer0/attention/head1` is of `layer0`, `conv3` by itself. */
export function stagesOf(modules: readonly string[]): readonly (readonly string[])[] {
  const stages = new Map<string, string[]>();
  for (const module of modules) {
    const stage = module.split('/')[0]!;
    stages.set(stage, [...(stages.get(stage) ?? []), module]);
  }
  return [...stages.values()];
}
