import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import openapiTypescript, { astToString } from 'openapi-typescript'
import ts from 'typescript'
import { projectRoot } from '../src/config.js'

/**
 * Writes what the clients have of the OpenAPI document: its types for TypeScript, and its operations for Python. With
 * `--check` it writes nothing and fails when what is committed differs.
 */
interface Operation {
  readonly operationId: string
  readonly parameters?: readonly { readonly in: 'path' | 'query' | 'header', readonly name: string }[]
}

const clients = join(projectRoot, 'clients')
const document = JSON.parse(await readFile(join(projectRoot, 'openapi', 'openapi.json'), 'utf8'))
const note = 'Made from openapi/openapi.json by `npm run clients`.'
const files = {
  [join(clients, 'typescript', 'src', 'schema.ts')]: `// ${note}\n\n${astToString(await typesOf(document))}`,
  [join(clients, 'python', 'crosswalk', 'operations.py')]: operationsOf(document)
}

let stale = false
for (const [path, text] of Object.entries(files)) {
  const name = path.slice(projectRoot.length + 1)
  if (!process.argv.includes('--check')) {
    await writeFile(path, text)
    console.log(`wrote ${name}`)
  } else if (await readFile(path, 'utf8').catch(() => '') === text) {
    console.log(`${name} matches openapi/openapi.json`)
  } else {
    console.error(`${name} does not match openapi/openapi.json: run \`npm run clients\` and commit the result`)
    stale = true
  }
}
if (stale) process.exit(1)

async function typesOf (document: object) {
  return await openapiTypescript(withoutExamples(document), {
    // A member with a default may be left out of a request.
    defaultNonNullable: false,
    alphabetize: false,
    transform: schema => schema.format === 'binary' ? ts.factory.createTypeReferenceNode('Blob') : undefined
  })
}

/** They would be half of the file. */
function withoutExamples (part: unknown): never {
  const remove = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(remove)
      : typeof value === 'object' && value !== null
      ? Object.fromEntries(
        Object.entries(value).filter(([name]) => name !== 'example' && name !== 'examples')
          .map(([name, member]) => [name, remove(member)])
      )
      : value
  return remove(part) as never
}

/** The module of the operations: method, path, parameters of the query, and headers. */
function operationsOf ({ paths }: { paths: Record<string, Record<string, Operation>> }): string {
  const tuple = (names: readonly string[]) =>
    `(${names.map(name => `"${name}",`).join(' ').replace(/,$/, names.length > 1 ? '' : ',')})`
  const lines = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { operationId, parameters = [] }]) => {
      const named = (place: string) => tuple(parameters.filter(({ in: at }) => at === place).map(({ name }) => name))
      return `    "${operationId}": ("${method.toUpperCase()}", "${path}", ${named('query')}, ${named('header')}),\n`
    })
  )
  return `"""${note}"""\n\n# By operationId: method, path, names of the query, names of headers.\nOPERATIONS = {\n${
    lines.join('')
  }}\n`
}
