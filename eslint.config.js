import tseslint from 'typescript-eslint';

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
  ...tseslint.configs.recommended,
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
);
