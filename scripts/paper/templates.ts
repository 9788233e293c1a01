import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { indexIdentities, type IdentityIndex } from '../../src/alignment/identities.js'
import type { TemplateMatrix } from '../../src/alignment/matrix.js'
import { readNpy } from '../../src/template/npy.js'

export const models = ['r512', 'mbf128', 'mfv2-256', 'dlib128-loose', 'faceres1024-loose'] as const
export type Model = typeof models[number]

/** Templates of the same images under several models. */
export interface Corpus {
  readonly name: string
  readonly samples: readonly string[]
  readonly labels: readonly string[]
  readonly identities: IdentityIndex
  /** (n, d of the model), raw; rows in the order of the samples */
  readonly templates: Readonly<Record<Model, TemplateMatrix>>
}

/**
 * Reads a folder of `MODEL.npy` and `samples.csv`, whose lines are `sample,identity` after a head.
 * @throws Error naming the file, when one has another number of rows than there are samples
 */
export async function readCorpus (folder: string, name: string): Promise<Corpus> {
  const lines = (await readFile(join(folder, name, 'samples.csv'), 'utf8')).trim().split(/\r?\n/).slice(1).map(line => line.split(','))
  const samples = lines.map(([sample]) => sample!)
  const labels = lines.map(([sample, label]) => label ?? sample!)
  const read = async (model: Model): Promise<[Model, TemplateMatrix]> => {
    const file = join(folder, name, `${model}.npy`)
    const templates = readNpy(await readFile(file))
    if (templates.rows !== samples.length) throw new Error(`${file}: expected ${samples.length} rows, as samples.csv has it, received ${templates.rows}`)
    return [model, templates]
  }
  const templates = Object.fromEntries(await Promise.all(models.map(read))) as Record<Model, TemplateMatrix>
  return { name, samples, labels, identities: indexIdentities(labels, samples), templates }
}
