import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { parse as parseCsv } from 'csv-parse/sync'
import { StartupError } from '../../errors.js'
import { createProgressLine } from '../../platform/cli/progress-line.js'
import { ServiceRefusal, type ServiceClient } from '../../platform/cli/service-client.js'

/** Photographs that are sent at once. */
const concurrency = 4
const imageTypes = new Set([
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.avif',
  '.tif',
  '.tiff',
  '.gif',
  '.bmp',
  '.heic',
  '.heif'
])

/**
 * Sends templates of the same images to a corpus, and registers models that the service does not know.
 *
 * @param files of `.npy`, row i of all of the same image
 * @param samples a CSV file with the header sample,identity; without it images are numbered and belong to nobody
 * @throws StartupError for files that are none; ServiceRefusal
 */
export async function sendTemplates (
  client: ServiceClient,
  corpus: string,
  files: readonly { readonly model: string, readonly path: string }[],
  samples: string | undefined
): Promise<void> {
  const names = samples === undefined ? undefined : await readInput(samples)
  for (const { model, path } of files) {
    const rows = await readInput(path)
    const shape = shapeOf(path, rows)
    await requireModel(client, model, shape.dimension)
    const form = new FormData()
    form.set('templates', new Blob([rows]), basename(path))
    form.set('samples', new Blob([names ?? numbered(shape.rows)]), 'samples.csv')
    await client.send(`/v1/corpora/${corpus}/templates?model=${encodeURIComponent(model)}`, form)
  }
}

/** Images without names are numbered, and belong to nobody. */
const numbered = (rows: number): string =>
  `sample,identity\n${Array.from({ length: rows }, (_, row) => `${row},\n`).join('')}`

/** Registers a model that the service does not know, by its templates alone. */
async function requireModel (client: ServiceClient, id: string, dimension: number): Promise<void> {
  const known = await client.call('GET', `/v1/models/${encodeURIComponent(id)}`).catch((error: unknown) => {
    if (error instanceof ServiceRefusal && error.status === 404) return undefined
    throw error
  })
  if (known !== undefined) return
  await client.call('POST', '/v1/models', { id, title: id, version: 'not stated', dimension })
  process.stderr.write(`registered the model ${id}, ${dimension}-d\n`)
}

/** The shape that the header of an .npy file states. */
function shapeOf (path: string, bytes: Buffer): { rows: number, dimension: number } {
  const [, rows, dimension] = /'shape': \((\d+), (\d+)\)/.exec(bytes.toString('latin1', 0, 1024)) ?? []
  if (rows === undefined) {
    throw new StartupError(`${path}: expected an .npy file of shape (n, d), received something else`)
  }
  return { rows: Number(rows), dimension: Number(dimension) }
}

/**
 * Has photographs embedded by every model, and keeps the templates in a corpus. Those without a face are listed and
 * left out.
 *
 * @param where a folder with one folder a person, or a CSV file with the columns `file` and `identity`
 */
export async function sendPhotographs (
  client: ServiceClient,
  corpus: string,
  where: string,
  models: readonly string[],
  signal: AbortSignal
): Promise<void> {
  const photographs = await listPhotographs(where)
  if (photographs.length === 0) throw new StartupError(`--photographs: expected photographs in ${where}, found none`)
  const line = createProgressLine(process.stderr, false)
  let [next, done, left] = [0, 0, 0]
  const send = async (): Promise<void> => {
    for (let photograph = photographs[next++]; photograph !== undefined; photograph = photographs[next++]) {
      signal.throwIfAborted()
      const { path, sample, identity } = photograph
      const query = new URLSearchParams({ sample, identity, models: models.join() })
      await client.send(`/v1/corpora/${corpus}/images?${query}`, await readInput(path)).catch((error: unknown) => {
        // A picture that shows nobody, or cannot be read, is one less; anything else would hold for the others too.
        if (!(error instanceof ServiceRefusal && [413, 415, 422].includes(error.status))) throw error
        left++
        line.say(`${path}: ${error.message}`)
      })
      line.update(++done / photographs.length, done, photographs.length)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, send)).finally(() => line.end())
  process.stderr.write(`${done - left} of ${photographs.length} photographs have a template of every model\n`)
}

interface Photograph {
  readonly path: string
  readonly sample: string
  readonly identity: string
}

async function listPhotographs (where: string): Promise<Photograph[]> {
  const entries = await readdir(where, { withFileTypes: true, recursive: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
    throw new StartupError(`--photographs: ${(error as Error).message}`, { cause: error })
  })
  if (entries === undefined) return await readList(where)
  return entries
    .filter(entry => entry.isFile() && imageTypes.has(extname(entry.name).toLowerCase()))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => dirname(relative(where, path)) !== '.')
    .sort()
    .map(path => {
      const sample = relative(where, path)
      return { path, sample, identity: sample.split(/[\\/]/)[0]! }
    })
}

async function readList (path: string): Promise<Photograph[]> {
  let records: Record<string, string>[]
  try {
    records = parseCsv(await readInput(path), { columns: true, bom: true, skip_empty_lines: true })
  } catch (error) {
    throw new StartupError(`--photographs: expected a CSV file, ${(error as Error).message}`, { cause: error })
  }
  return records.map(({ file, identity }, k) => {
    if (!file || !identity) {
      throw new StartupError(`--photographs: record ${k + 1}: expected the columns file and identity, both filled`)
    }
    return { path: resolve(dirname(path), file), sample: file, identity }
  })
}

async function readInput (path: string) {
  return await readFile(path).catch((error: unknown) => {
    throw new StartupError(`expected a readable file, ${(error as Error).message}`, { cause: error })
  })
}
