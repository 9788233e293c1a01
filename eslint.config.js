import neostandard from 'neostandard'
import functionLength from './scripts/lint/function-length.js'

export default [
  // How code is laid out is the formatter's: see scripts/format.ts.
  ...neostandard({
    ts: true,
    noStyle: true,
    ignores: [
      'dist/**',
      '.compiled/**',
      'openapi/**',
      '.cache/**',
      'data/**',
      'coverage/**',
      'clients/typescript/src/schema.ts'
    ]
  }),
  {
    plugins: { house: { rules: { 'function-length': functionLength } } },
    rules: {
      'no-console': 'off',
      // A schema and the type that is derived from it share their name; the compiler finds real redeclarations.
      '@typescript-eslint/no-redeclare': 'off',
      'no-restricted-properties': ['error', {
        object: 'process',
        property: 'env',
        message: 'Configuration is read once, in src/config.ts.'
      }],
      // Text that cannot be broken, such as a description, may be longer; the formatter breaks code.
      'max-len': ['error', {
        code: 120,
        ignoreStrings: true,
        ignoreTemplateLiterals: true,
        ignoreRegExpLiterals: true,
        ignoreUrls: true
      }],
      'house/function-length': ['error', { max: 70 }]
    }
  },
  {
    files: ['src/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        ...['decodeURI', 'decodeURIComponent'].map(name => ({
          name,
          message: 'It throws for what callers write: use percentDecoded of src/platform/percent-decoded.ts.'
        }))
      ]
    }
  },
  {
    files: ['src/platform/percent-decoded.ts'],
    rules: { 'no-restricted-globals': 'off' }
  },
  {
    // Runs in browsers.
    files: ['src/features/explorer/client/**'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'document',
          'window',
          'navigator',
          'fetch',
          'HTMLElement',
          'Node',
          'ResizeObserver',
          'URL',
          'AbortController',
          'setTimeout',
          'clearTimeout',
          'crypto',
          'FileReader',
          'URLSearchParams',
          'EventSource'
        ]
          .map(name => [name, 'readonly'])
      )
    }
  },
  {
    files: ['src/config.ts', 'src/engines/onnx/no-telemetry.ts', 'test/**', 'scripts/**', 'bench/**'],
    rules: { 'no-restricted-properties': 'off' }
  },
  {
    // Reports print tables.
    files: ['scripts/**', 'bench/**'],
    rules: { 'house/function-length': ['error', { max: 90 }] }
  },
  {
    // The body of a suite is a list of tests.
    files: ['test/**'],
    rules: { 'house/function-length': 'off' }
  }
]
