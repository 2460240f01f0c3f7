import markdown from '@eslint/markdown';
import tseslint from 'typescript-eslint';
import { plainEnglish } from './tools/plain-english/rule.js';

/** What keeps to docs/style.md. The list grows until it is everything. */
const plain = [
  'docs',
  'tools',
  ...[
    'backend-float64',
    'backend-jax',
    'conformance',
    'core',
    'create-overparam',
    'fashion-mnist',
    'line-search',
    'overparam',
  ].map((name) => `packages/${name}`),
];
const ours = { rules: { plain: plainEnglish } };

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.nx/**',
      '.readme/**',
      'docs/.vitepress/cache/**',
      'examples/**',
      '**/assembly/**',
    ],
  },
  ...tseslint.configs.recommended.map((config) => ({ files: ['**/*.{ts,js,mjs}'], ...config })),
  { files: ['tools/plugin/**'], rules: { '@typescript-eslint/no-require-imports': 'off' } }, // nx loads CommonJS
  {
    files: ['**/*.{ts,js,mjs}'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@overparam/*/*', '!@overparam/datasets/nist-strd'],
              message: 'Import a package by its name only.',
            },
          ],
        },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-const': 'error',
    },
  },
  {
    files: plain.map((path) => `${path}/**/*.{ts,js,mjs}`),
    ignores: ['tools/plain-english/**'],
    plugins: { ours },
    rules: { 'ours/plain': 'error' },
  },
  {
    files: plain.map((path) => `${path}/**/*.md`),
    // The page that lists the words.
    ignores: ['**/CHANGELOG.md', '**/api.md', 'docs/style.md'],
    plugins: { markdown, ours },
    language: 'markdown/gfm',
    rules: { 'ours/plain': 'error' },
  },
  // The width of the code is prettier's.
  {
    files: plain.map((path) => `${path}/**/*.{ts,js,mjs}`),
    rules: {
      'max-len': ['error', { code: 10_000, comments: 128, ignoreUrls: true, ignorePattern: 'prettier-ignore' }],
    },
  },
);
