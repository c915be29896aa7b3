import { existsSync } from 'node:fs';
import tseslint from 'typescript-eslint';
import { onePlaceRule } from './scripts/lint/one-place.ts';
import { PLACES } from './scripts/lint/places.ts';

const SOURCE = ['packages/*/src/**/*.ts'];
const TESTS = ['packages/*/test/**/*.ts', 'packages/*/test-*/**/*.ts', 'scripts/test/**/*.ts'];

const EVERYWHERE = [
  { selector: 'ExportDefaultDeclaration', message: 'exports have names' },
  { selector: 'MemberExpression > Identifier.property[name="__proto__"]', message: 'use Object.getPrototypeOf' },
];
const CLOCK = [
  'MemberExpression[object.name="Date"][property.name="now"]',
  'NewExpression[callee.name="Date"][arguments.length=0]',
  'CallExpression[callee.name="Date"]',
];

for (const { file } of Object.values(PLACES).flat()) {
  if (!existsSync(new URL(file, import.meta.url))) throw new Error(`scripts/lint/places.ts lets ${file}, which does not exist`);
}

export default tseslint.config(
  { ignores: ['**/dist/', '**/bundle/', '**/node_modules/', '.cache/', 'coverage/'] },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'max-len': [
        'error',
        { code: 130, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true },
      ],
      'no-restricted-syntax': ['error', ...EVERYWHERE],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // What was caught is thrown on as it is.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      // An async function without await is how a synchronous thing implements an asynchronous port.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: SOURCE,
    plugins: { themis: { rules: { 'one-place': onePlaceRule(import.meta.dirname, PLACES) } } },
    rules: {
      'max-lines': ['warn', 300],
      'themis/one-place': 'error',
    },
  },
  {
    // One table, with a row for each error.
    files: ['packages/core/src/outcome/errors.ts'],
    rules: { 'max-lines': 'off' },
  },
  {
    // Core is pure: time and chance are arguments, and nothing is said or awaited there.
    files: ['packages/core/src/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['performance', 'process', 'console', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'].map((name) => ({
          name,
          message: 'core is pure: take it as an argument',
        })),
      ],
      'no-restricted-syntax': [
        'error',
        ...EVERYWHERE,
        ...CLOCK.map((selector) => ({ selector, message: 'core is pure: take the time as an argument' })),
      ],
    },
  },
  {
    files: [...TESTS, 'scripts/**/*.ts'],
    rules: {
      // Node's runner keeps the promises that these return.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test', 'it', 'suite', 'describe'] }] },
      ],
      // Cases are plain objects, whose functions are taken out of them.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['eslint.config.js'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
