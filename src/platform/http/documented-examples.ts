import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../config.js'
import type { ModelEvaluation } from '../../science/cards/model-evaluation.js'
import type { ApiKeyRepository } from '../../features/access/api-keys-repository.js'
import type { createCorpusRepository } from '../../features/corpora/store/corpora.js'
import type { createEvaluationRepository } from '../../features/evaluations/evaluations-repository.js'
import type { JobRepository } from '../../features/jobs/store/jobs.js'
import type { createModelRepository } from '../../features/catalogue/models-repository.js'
import { templateOnlyFingerprint } from '../../science/template/space.js'

/**
 * What the examples of the API's documentation refer to, so that each of them succeeds as it stands on a fresh start:
 * two small spaces that are nobody's, a corpus of synthetic templates under both, a map between them (it ships with the
 * others), and a drawn face. Written by `npm run examples`.
 */
interface Examples {
  /** base64 of a drawing of a face, a WebP image */
  face: string
  /** templates of that drawing by model, base64 of float32 */
  templates: { r512: string, dlib128: string }
  pairs: { sample: string, identity: string, source: { vector: number[] }, target: { vector: number[] } }[]
}

export const examples = JSON.parse(readFileSync(join(projectRoot, 'openapi', 'examples.json'), 'utf8')) as Examples

/** Of the example spaces on the example corpus. */
const exampleEvaluation = JSON.parse(readFileSync(join(projectRoot, 'openapi', 'example-evaluation.json'), 'utf8')) as ModelEvaluation

export const exampleCorpusId = '00000000-0000-4000-8000-0000000000c0'
export const exampleMapId = '00000000-0000-4000-8000-0000000000a0'
export const exampleEvaluationId = '00000000-0000-4000-8000-0000000000e0'
export const exampleGalleryId = '00000000-0000-4000-8000-0000000000d0'
export const exampleSubject = 'example subject'
export const exampleJobId = '00000000-0000-4000-8000-0000000000f0'
/** For the examples that delete and retire: nothing else refers to them. */
export const disposableCorpusId = '00000000-0000-4000-8000-0000000000c1'
export const disposableGalleryId = '00000000-0000-4000-8000-0000000000d1'
export const disposableSubject = 'subject to delete'
export const disposableJobId = '00000000-0000-4000-8000-0000000000f1'
export const disposableKeyId = '00000000-0000-4000-8000-0000000000b1'
export const disposableMapId = '00000000-0000-4000-8000-0000000000a1'

export const exampleSpaces = [
  { id: 'example-a', title: 'Example space A of the documentation', version: '1', dimension: 4 },
  { id: 'example-b', title: 'Example space B of the documentation', version: '1', dimension: 3 }
].map(space => ({ ...space, fingerprint: templateOnlyFingerprint(space) }))

interface ExampleRepositories {
  readonly models: ReturnType<typeof createModelRepository>
  readonly corpora: ReturnType<typeof createCorpusRepository>
  readonly evaluations: ReturnType<typeof createEvaluationRepository>
  readonly apiKeys: ApiKeyRepository
  readonly jobs: JobRepository
}

/** Stores the example spaces, the example corpus, its evaluation and two jobs, unless they are there. */
export async function storeExamples ({ models, corpora, evaluations, apiKeys, jobs }: ExampleRepositories): Promise<void> {
  for (const { version, ...space } of exampleSpaces) {
    await models.register({ ...space, kind: 'template-only', licence: 'Apache-2.0', manifest: { version } })
  }
  const [a, b] = exampleSpaces
  await corpora.createWithId(exampleCorpusId, 'Example corpus of the documentation')
  await corpora.createWithId(disposableCorpusId, 'Corpus for the example of a deletion')
  await corpora.addTemplates(exampleCorpusId, ([['source', a!], ['target', b!]] as const).map(([side, { fingerprint }]) => ({
    fingerprint,
    rows: examples.pairs.map(pair => ({ sample: pair.sample, identity: pair.identity, vector: Float32Array.from(pair[side].vector) }))
  })))
  // Nobody has its secret, and it has expired: there is nothing to it but to revoke it.
  await apiKeys.insert({
    id: disposableKeyId,
    prefix: '0'.repeat(12),
    secretSha256: createHash('sha256').update(randomBytes(32)).digest(),
    name: 'Key for the example of a revocation',
    scopes: ['verify'],
    translatePairs: null,
    templatesPerDay: null,
    requestsPerMinute: null,
    expiresAt: new Date(0).toISOString()
  })
  const { models: evaluated, fmr, seed, heldOutFraction } = exampleEvaluation
  await evaluations.createWithId(exampleEvaluationId, {
    corpusId: exampleCorpusId,
    corpusHash: (await corpora.join(exampleCorpusId, [a!.fingerprint, b!.fingerprint])).hash,
    testCorpusId: null,
    testCorpusHash: null,
    request: { corpus: exampleCorpusId, testCorpus: null, models: evaluated.map(({ model }) => model), method: 'ridge', fmr, seed, heldOutFraction },
    result: exampleEvaluation
  })
  const fit = {
    kind: 'fit',
    queue: 'fitting' as const,
    request: { source: a!.id, target: b!.id, corpus: exampleCorpusId, method: 'auto', seed: 42, heldOutFraction: 0.3 },
    origin: { request: 'example', operation: 'fitMap', key: null }
  }
  await jobs.insertEnded(exampleJobId, { ...fit, requestSha256: sha256(exampleJobId) }, { outcome: 'succeeded', result: `/v1/maps/${exampleMapId}` })
  await jobs.insertEnded(disposableJobId, { ...fit, requestSha256: sha256(disposableJobId) }, { outcome: 'cancelled' })
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
