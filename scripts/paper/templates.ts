import { join } from 'node:path'
import { indexIdentities, type IdentityIndex } from '../../src/science/linear-algebra/identities.js'
import type { TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { readTemplates } from '../templates-folder.js'

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

/** Reads a corpus, see `readTemplates`. @throws StartupError naming the file that is wrong */
export async function readCorpus (folder: string, name: string): Promise<Corpus> {
  const { samples, identities, templates } = await readTemplates(join(folder, name), models)
  const labels = identities.map((label, row) => label ?? samples[row]!)
  return {
    name,
    samples,
    labels,
    identities: indexIdentities(labels, samples),
    templates: Object.fromEntries(models.map((model, m) => [model, templates[m]!])) as Record<Model, TemplateMatrix>
  }
}
