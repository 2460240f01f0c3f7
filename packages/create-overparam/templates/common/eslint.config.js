import tseslint from 'typescript-eslint';

export default tseslint.config({ ignores: ['dist'] }, ...tseslint.configs.recommended, {
  rules: { '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }] },
});
