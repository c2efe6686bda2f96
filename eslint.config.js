import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const budget = (max, maxPerFunction) => ({
  'max-lines': ['error', { max }],
  ...(maxPerFunction === undefined ? {} : { 'max-lines-per-function': ['error', { max: maxPerFunction, skipBlankLines: true, skipComments: true }] }),
})

export default tseslint.config(
  { ignores: ['dist', 'site', 'coverage'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      // Under verbatimModuleSyntax `import { type A } from 'a'` would still load `a`.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-shadow': 'error',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // An interface asks for a promise; an implementation that has nothing to wait for may still be `async`.
      '@typescript-eslint/require-await': 'off',
      complexity: ['error', 15],
      eqeqeq: 'error',
      'max-depth': ['error', 3],
      'max-params': ['error', 5],
      'no-console': 'error',
      'object-shorthand': 'error',
      'prefer-template': 'error',
    },
  },
  { files: ['src/**/*.ts'], rules: budget(350, 40) },
  { files: ['test/**/*.ts'], rules: budget(400) },
  {
    files: ['test/**/*.ts'],
    rules: {
      // `expect(spy.method)` does not call it.
      '@typescript-eslint/unbound-method': 'off',
      // `expect.any(Date)` is an `any` by design.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    files: ['examples/{testing,store,observability,recipes}/**/*.ts'],
    rules: {
      // node:test waits for its tests by itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: ['test', 'describe', 'it'], package: 'node:test' }] },
      ],
    },
  },
  { files: ['test/setup/**', 'examples/**/*.ts', 'bench/**/*.ts', 'scripts/**'], rules: { 'no-console': 'off' } },
  {
    // What a browser runs.
    files: ['examples/express/public/**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'AbortController',
          'AbortSignal',
          'DOMException',
          'DOMParser',
          'Element',
          'Event',
          'EventSource',
          'FormData',
          'HTMLElement',
          'Headers',
          'Intl',
          'MutationObserver',
          'Node',
          'Response',
          'TextDecoder',
          'URLSearchParams',
          'cancelAnimationFrame',
          'clearInterval',
          'clearTimeout',
          'customElements',
          'document',
          'fetch',
          'localStorage',
          'location',
          'matchMedia',
          'navigator',
          'queueMicrotask',
          'requestAnimationFrame',
          'sessionStorage',
          'setInterval',
          'setTimeout',
          'structuredClone',
          'window',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    // The page of the example, as browsers run it. What its names are is checked by tsc, with test/browser/tsconfig.json.
    files: ['examples/express/public/**/*.js'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: 'test/browser/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...budget(300, 40),
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      '@typescript-eslint/no-shadow': 'error',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      complexity: ['error', 15],
      eqeqeq: 'error',
      'max-depth': ['error', 3],
      'max-params': ['error', 5],
      'no-console': 'error',
      'no-undef': 'off',
      'object-shorthand': 'error',
      'prefer-template': 'error',
    },
  },
  { files: ['**/*.{js,mjs,cjs}'], languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } } },
)
