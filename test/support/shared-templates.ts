import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { projectRoot } from '../../src/config.js'
import type { TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import type { PairedTemplates } from '../../src/science/alignment/pairs.js'
import { readNpy } from '../../src/science/template/npy.js'

const folder = pathToFileURL(join(projectRoot, '..', 'shared', 'data', '/'))

/** Why tests with templates of real photographs are skipped, or undefined when the data are there. */
export const templatesMissing = existsSync(new URL('lfw/samples.csv', folder))
  ? undefined
  : 'the template data are not at ../shared/data'

export interface LabelledTemplates {
  readonly samples: string[]
  readonly identities: string[]
  readonly templates: TemplateMatrix
}

/** Templates of one model, raw, with their labels. */
export function sharedTemplates (set: 'celeba' | 'lfw', model: string): LabelledTemplates {
  const lines = readFileSync(new URL(`${set}/samples.csv`, folder), 'utf8').trim().split('\n').slice(1).map(line =>
    line.split(',')
  )
  return {
    samples: lines.map(line => line[0]!),
    identities: lines.map(line => line[1]!),
    templates: readNpy(readFileSync(new URL(`${set}/${model}.npy`, folder)))
  }
}

export function sharedPairs (set: 'celeba' | 'lfw', source: string, target: string): PairedTemplates {
  const { samples, identities, templates } = sharedTemplates(set, source)
  return {
    samples,
    identities,
    source: templates,
    target: sharedTemplates(set, target).templates,
    oneSided: { source: 0, target: 0 },
    hash: set
  }
}
