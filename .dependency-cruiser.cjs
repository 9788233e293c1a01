/**
 * The rules of the house (docs/architecture.md): which wing may import which, and what is imported in one place only.
 * Type imports count, since a circle of types is read as one too.
 */

/** Features in their order: each may import those on lines above its own, by their public files. */
const featureOrder = [
  ['access', 'audit', 'plans'],
  ['catalogue'],
  ['guard', 'embeddings', 'jobs'],
  ['translations', 'corpora'],
  ['verifications', 'maps'],
  ['comparisons', 'evaluations', 'ensembles', 'bundles', 'galleries'],
  ['files', 'explorer'],
  ['connect'],
  ['model-files']
]

const scienceOrder = [
  ['linear-algebra'],
  ['template', 'scores'],
  ['alignment'],
  ['cards', 'guard'],
  ['fitting']
]

/** No folder imports one of its own line or of a line below. */
function upward (wing, order) {
  return order.flatMap((line, index) => line.map(name => ({
    name: `${wing}-order-${name}`,
    comment: `${wing}/${name} imports only what stands before it in the order of ${wing}`,
    severity: 'error',
    from: { path: `^src/${wing}/${name}/` },
    to: { path: `^src/${wing}/(${order.slice(index).flat().filter(other => other !== name).join('|')})/` }
  })).filter(({ to }) => !to.path.includes('()')))
}

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'science-imports-itself',
      comment: 'Arrays in, arrays out. Hashes are functions of bytes.',
      severity: 'error',
      from: { path: '^src/science/' },
      to: { pathNot: ['^src/science/', '^src/(errors|memoised)\\.ts$', '(^|/)node_modules/(ml-matrix|ml-hclust|typebox)/', '^(node:)?crypto$'] }
    },
    {
      name: 'engines-import-science',
      severity: 'error',
      from: { path: '^src/engines/' },
      to: { path: '^src/', pathNot: ['^src/(science|engines)/', '^src/(errors|memoised)\\.ts$'] }
    },
    {
      name: 'platform-imports-no-feature',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: ['^src/features/', '^src/(service|app|server|cli|migrate)\\.ts$'] }
    },
    {
      name: 'features-import-no-root',
      severity: 'error',
      from: { path: '^src/features/' },
      to: { path: '^src/(service|app|server|cli|migrate)\\.ts$' }
    },
    {
      name: 'features-through-index',
      comment: 'a feature uses another one by what that one offers in its index.ts',
      severity: 'error',
      from: { path: '^src/features/([^/]+)/' },
      to: { path: '^src/features/[^/]+/.+', pathNot: ['^src/features/$1/', '^src/features/[^/]+/index\\.ts$'] }
    },
    ...upward('science', scienceOrder),
    ...upward('features', featureOrder),
    {
      name: 'one-importer-onnxruntime',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/engines/onnx/runtime\\.ts$' },
      to: { path: '(^|/)node_modules/onnxruntime-node/' }
    },
    {
      name: 'one-importer-sharp',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/engines/recognition/image\\.ts$' },
      to: { path: '(^|/)node_modules/sharp/' }
    },
    {
      name: 'one-importer-pg',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/platform/database/' },
      to: { path: '(^|/)node_modules/(pg|@types/pg|@electric-sql)/' }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] }
  }
}
