import { readFile, rename, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { Static, TSchema } from 'typebox'
import type { Validator } from 'typebox/compile'
import { StartupError } from '../errors.js'

/** Documents stored as files: JSON with a known schema, and numbers beside it as gzip. */

/**
 * Reads a JSON file.
 * @param what the kind of document, for the error
 * @throws StartupError naming the file and the member that does not match the schema
 */
export async function readDocument<T extends TSchema> (
  path: string,
  schema: Validator<{}, T>,
  what: string
): Promise<Static<T>> {
  let document: unknown
  try {
    document = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new StartupError(`${path}: expected JSON, ${(error as Error).message}`)
  }
  if (schema.Check(document)) return document
  const [error] = schema.Errors(document)
  throw new StartupError(`${path}: ${error?.instancePath ?? ''} ${error?.message ?? `is not a ${what}`}`)
}

/** @throws StartupError naming the file */
export async function readGzip (path: string): Promise<Buffer> {
  return await readFile(path).then(promisify(gunzip)).catch((error: Error) => {
    throw new StartupError(`${path}: expected numbers as gzip, ${error.message}`)
  })
}

export async function writeGzip (path: string, bytes: Uint8Array): Promise<void> {
  await replaceFile(path, await promisify(gzip)(bytes, { level: 9 }))
}

export async function writeDocument (path: string, document: object): Promise<void> {
  await replaceFile(path, JSON.stringify(document, null, 2) + '\n')
}

/** Writes a temporary file and renames it, so that a reader never sees half a file. */
async function replaceFile (path: string, content: string | Buffer): Promise<void> {
  await writeFile(`${path}.new`, content)
  await rename(`${path}.new`, path)
}
