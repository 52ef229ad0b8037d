import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['dist/', 'dist-fake/', 'src/lib/bindings/', 'node_modules/', 'axe-output/'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
      'no-undef': 'off',
      eqeqeq: ['error', 'always'],
      // Text from leads is hostile: it reaches the document as text nodes only.
      'svelte/no-at-html-tags': 'error',
      'svelte/button-has-type': 'error',
      // Svelte's own reactive collections are used where something must react; plain ones are fine elsewhere.
      'svelte/prefer-svelte-reactivity': 'off',
      // The hash router has no base path to resolve against.
      'svelte/no-navigation-without-resolve': 'off',
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: 'Text nodes only.' },
        { property: 'outerHTML', message: 'Text nodes only.' },
        { property: 'insertAdjacentHTML', message: 'Text nodes only.' },
      ],
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['@tauri-apps/*'], message: 'Only lib/backend/tauri.ts knows Tauri.' }] },
      ],
      // Missing or different in the WebKit of Debian 12.
      'no-restricted-globals': ['error', 'Temporal', 'requestIdleCallback', 'cancelIdleCallback', 'event', 'name'],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  { files: ['src/lib/backend/tauri.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['scripts/**', '*.js', '*.ts'], languageOptions: { globals: { ...globals.node } } },
);
