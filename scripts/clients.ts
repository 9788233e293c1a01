import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import openapiTypescript, { astToString } from 'openapi-typescript'
import ts from 'typescript'
import { projectRoot } from '../src/config.js'

/**
 * Writes clients/typescript/src/schema.ts, the types of the OpenAPI document. With `--check` it writes nothing and
 * fails when the committed types differ.
 */
const path = join(projectRoot, 'clients', 'typescript', 'src', 'schema.ts')
const document = JSON.parse(await readFile(join(projectRoot, 'openapi', 'openapi.json'), 'utf8'))
const types = await openapiTypescript(withoutExamples(document), {
  // A member with a default may be left out of a request.
  defaultNonNullable: false,
  alphabetize: false,
  transform: schema => schema.format === 'binary' ? ts.factory.createTypeReferenceNode('Blob') : undefined
})
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

const text = '// Made from openapi/openapi.json by `npm run clients`.\n\n' + astToString(types)

if (process.argv.includes('--check')) {
  if (await readFile(path, 'utf8').catch(() => '') !== text) {
    console.error('clients/typescript does not match openapi/openapi.json: run `npm run clients` and commit the result')
    process.exit(1)
  }
  console.log('clients/typescript matches openapi/openapi.json')
} else {
  await writeFile(path, text)
  console.log(`wrote ${path}`)
}
