import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartupError } from '../src/errors.js'
import type { SharedTemplates } from '../src/science/fitting/evaluate-models.js'
import { readNpy } from '../src/science/template/npy.js'

/**
 * The models of a folder, whose `NAME.npy` holds the templates of NAME, by name. @throws StartupError when it has none
 */
export async function modelsOfFolder (folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => {
    throw new StartupError(`${folder}: expected a readable folder with samples.csv and MODEL.npy`)
  })
  const models = files.filter(file => file.endsWith('.npy')).map(file => file.slice(0, -'.npy'.length)).sort()
  if (models.length === 0) throw new StartupError(`${folder}: expected files MODEL.npy, found none`)
  return models
}

/**
 * Reads templates of the same images under several models.
 *
 * @param folder of `samples.csv`, whose lines after the head are `sample,identity`, and a `MODEL.npy` for each model,
 *   whose
 * rows are in the order of the samples. An identity that is left out makes the sample an identity of its own
 * @throws StartupError naming the file, when it is not there or has another number of rows
 */
export async function readTemplates (folder: string, models: readonly string[]): Promise<SharedTemplates> {
  const lines = (await read(join(folder, 'samples.csv'))).toString('utf8').split(/\r?\n/).slice(1).filter(line =>
    line !== ''
  ).map(line => line.split(','))
  const samples = lines.map(([sample]) => sample!)
  const identities = lines.map(([, identity]) => identity === undefined || identity === '' ? null : identity)
  const templates = []
  for (const model of models) {
    const file = join(folder, `${model}.npy`)
    const matrix = readNpy(await read(file))
    if (matrix.rows !== samples.length) {
      throw new StartupError(
        `${file}: expected ${samples.length} rows, one per line of samples.csv, received ${matrix.rows}`
      )
    }
    templates.push(matrix)
  }
  return { samples, identities, templates }
}

async function read (file: string): Promise<Buffer> {
  return await readFile(file).catch(() => {
    throw new StartupError(`${file}: expected a readable file`)
  })
}
