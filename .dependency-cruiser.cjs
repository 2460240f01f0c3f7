// Who may import whom: the architecture, as rules.
const mayImport = (name, allowed) => ({
  name: `${name}-imports`,
  comment: `${name} imports ${allowed.length ? allowed.join(', ') : 'no other package'} and nothing else of ours`,
  severity: 'error',
  from: { path: `^packages/${name}/src`, pathNot: '\\.test\\.ts$' },
  to: { path: '^packages/', pathNot: [name, ...allowed].map((other) => `^packages/${other}/`) },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    mayImport('core', []),
    mayImport('threads', []),
    mayImport('linear-algebra', ['core', 'threads']),
    mayImport('line-search', ['core']),
    mayImport('polyak-nonmonotone', ['core', 'line-search']),
    mayImport('gauss-newton', ['core', 'line-search', 'linear-algebra', 'backend-float64']),
    mayImport('mntk-mat', ['core', 'linear-algebra']),
    mayImport('wasserstein-flow', ['core', 'line-search', 'linear-algebra']),
    mayImport('backend-float64', ['core', 'linear-algebra']),
    mayImport('backend-tfjs', ['core', 'linear-algebra']),
    mayImport('backend-tfjs-wasm', ['threads']),
    mayImport('conformance', ['core']),
    mayImport('datasets', ['core']),
    mayImport('fashion-mnist', []),
    mayImport('backend-jax', ['core', 'linear-algebra']),
    {
      name: 'methods-know-no-backend',
      comment: 'A method package never imports tfjs or a backend; the front door leastSquares brings its oracle along',
      severity: 'error',
      from: {
        path: '^packages/(core|line-search|polyak-nonmonotone|gauss-newton|mntk-mat|wasserstein-flow)/src',
        pathNot: ['\\.test\\.ts$', '^packages/gauss-newton/src/least-squares/'],
      },
      to: { path: ['@tensorflow', '^packages/backend-'] },
    },
    {
      name: 'only-through-exports',
      comment: 'No package reaches into the files of another',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/src/',
        pathNot: ['^packages/$1/', '^packages/[^/]+/src/index\\.ts$', '^packages/[^/]+/src/[^/]+/index\\.ts$'],
      },
    },
    {
      name: 'numerics-without-node',
      comment: 'What runs in a browser imports no Node built-in',
      severity: 'error',
      from: {
        path: [
          '^packages/(core|threads|linear-algebra|line-search|polyak-nonmonotone|gauss-newton|mntk-mat|wasserstein-flow|backend-float64|backend-tfjs|backend-jax)/src',
          '^packages/overparam/src/(figures|results/quantile)',
        ],
        pathNot: ['\\.test\\.ts$', '^packages/backend-tfjs/src/files/'],
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-cycle-of-types',
      comment: 'Move what both need into a file of its own. The list of packages that are not clean yet only shrinks',
      severity: 'error',
      from: { pathNot: '^packages/(backend-tfjs|backend-tfjs-wasm|conformance)/' },
      to: { circular: true },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@overparam/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
