import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../config.js'
import type { EnsembleCard } from '../science/cards/ensemble-card.js'
import {
  disposableEnsembleId,
  exampleCorpusId,
  exampleEnsembleId,
  exampleSpaces
} from '../platform/http/documented-examples.js'
import type { createEnsembleRepository } from './catalogue/index.js'

/** The ensemble of the example spaces, fitted on the example corpus. */
const exampleEnsemble = JSON.parse(
  readFileSync(join(projectRoot, 'openapi', 'example-ensemble.json'), 'utf8')
) as EnsembleCard

/** Stores two ensembles of the example spaces, which have to be stored before, unless they exist. */
export async function storeEnsembleExamples (ensembles: ReturnType<typeof createEnsembleRepository>): Promise<void> {
  for (const id of [exampleEnsembleId, disposableEnsembleId]) {
    await ensembles.createWithId(id, {
      fingerprints: exampleSpaces.map(({ fingerprint }) => fingerprint),
      corpusId: exampleCorpusId,
      card: exampleEnsemble
    })
  }
}
