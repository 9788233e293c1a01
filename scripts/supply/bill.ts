import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../../src/config.js'

/** A package that runs in production, on whatever platform. */
export interface Package {
  readonly name: string
  readonly version: string
  /** SPDX expression, as the package states it */
  readonly licence: string
}

/** A graph, by its manifest. */
export interface Model {
  readonly id: string
  readonly title: string
  readonly licence: string
  readonly source: string
  readonly sha256: string
}

/**
 * Licences that packages may have: those that ask for their text to be kept, and LGPL of libvips, which sharp loads as
 * a library of its own that can be replaced.
 */
const permitted = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'LGPL-3.0-or-later',
  'MIT',
  'Unlicense'
])

interface LockedPackage {
  readonly version: string
  readonly dev?: boolean
  readonly license?: string
  readonly name?: string
}

/** The packages of package-lock.json that are not for development alone, by name. */
export async function readPackages (): Promise<Package[]> {
  const lock = JSON.parse(await readFile(join(projectRoot, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>
  }
  const found = Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { version, license, name }]) => ({
      name: name ?? path.slice(path.lastIndexOf('node_modules/') + 13),
      version,
      licence: license ?? 'not stated'
    }))
  const unique = new Map(found.map(one => [`${one.name}@${one.version}`, one]))
  return [...unique.values()].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1
  )
}

/** The models whose manifests come with the project. */
export async function readModels (): Promise<Model[]> {
  const folder = join(projectRoot, 'models')
  const names = (await readdir(folder)).filter(name => name.endsWith('.json')).sort()
  return await Promise.all(names.map(async name => {
    const { id, title, licence, source, graph } = JSON.parse(await readFile(join(folder, name), 'utf8')) as
      & Omit<Model, 'sha256'>
      & { graph: { sha256: string } }
    return { id, title, licence, source, sha256: graph.sha256 }
  }))
}

/** Whether all that an SPDX expression asks for is permitted; of alternatives one is enough. */
export function isPermitted (expression: string): boolean {
  const [inner] = /^\((.*)\)$/.exec(expression)?.slice(1) ?? [expression]
  return inner!.split(' OR ').some(choice => choice.split(' AND ').every(licence => permitted.has(licence.trim())))
}

/** CycloneDX 1.5: the packages, as npm says them of the lock file, and the models. */
export async function billOfMaterials (): Promise<object> {
  const parameters = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only']
  const { stdout } = await promisify(execFile)('npm', parameters, { cwd: projectRoot, maxBuffer: 2 ** 26 })
  const bill = JSON.parse(stdout) as {
    metadata: { component: { 'bom-ref': string } }
    components: { 'bom-ref': string, name: string, version: string }[]
    dependencies: { ref: string, dependsOn: string[] }[]
  }
  // npm's own `--omit dev` leaves out what production shares with development, `pg` among it (npm 10 and 11).
  const inProduction = new Set((await readPackages()).map(({ name, version }) => `${name}@${version}`))
  const components = bill.components.filter(({ name, version }) => inProduction.has(`${name}@${version}`))
  const references = new Set([bill.metadata.component, ...components].map(component => component['bom-ref']))
  const models = (await readModels()).map(({ id, title, licence, source, sha256 }) => ({
    'bom-ref': `model:${id}`,
    type: 'machine-learning-model',
    name: id,
    version: sha256.slice(0, 12),
    description: `${title}. ${source}`,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    licenses: [{ license: { name: licence } }]
  }))
  return {
    ...bill,
    // npm takes the name of the folder.
    metadata: { ...bill.metadata, component: { ...bill.metadata.component, name: 'crosswalk' } },
    components: [...components, ...models],
    dependencies: bill.dependencies.filter(({ ref }) => references.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(other => references.has(other)) }))
  }
}
