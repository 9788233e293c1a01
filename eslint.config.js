import neostandard from 'neostandard'

export default [
  ...neostandard({ ts: true, ignores: ['dist/**', '.compiled/**', 'openapi/**', '.cache/**', 'data/**'] }),
  {
    rules: {
      'no-console': 'off',
      // A schema and the type that is derived from it share their name; the compiler finds real redeclarations.
      '@typescript-eslint/no-redeclare': 'off',
      'no-restricted-properties': ['error', {
        object: 'process', property: 'env', message: 'Configuration is read once, in src/config.ts.'
      }]
    }
  },
  {
    files: ['src/**'],
    rules: { 'no-console': 'error' }
  },
  {
    files: ['src/config.ts', 'test/**', 'scripts/**', 'bench/**'],
    rules: { 'no-restricted-properties': 'off' }
  },
  {
    // Science takes arrays and returns arrays: nothing with I/O is imported. Hashes are functions of bytes.
    files: ['src/science/**'],
    rules: {
      'no-restricted-imports': ['error', {
        paths: ['onnxruntime-node', 'sharp', 'pg', 'fastify', 'pino', 'piscina'],
        patterns: ['node:*', '!node:crypto', '**/engines/**', '**/platform/**', '**/features/**']
      }]
    }
  }
]
