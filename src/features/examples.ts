import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../config.js'
import {
  disposableCorpusId,
  disposableJobId,
  disposableKeyId,
  exampleCorpusId,
  exampleEvaluationId,
  exampleJobId,
  exampleMapId,
  examples,
  exampleSpaces
} from '../platform/http/documented-examples.js'
import { defaultAnalyses } from '../science/cards/model-analyses.js'
import type { ModelEvaluation } from '../science/cards/model-evaluation.js'
import type { ApiKeyRepository } from './access/api-keys-repository.js'
import type { createModelRepository } from './catalogue/models-repository.js'
import type { createCorpusRepository } from './corpora/store/corpora.js'
import type { createEvaluationRepository } from './evaluations/evaluations-repository.js'
import type { JobRepository } from './jobs/store/jobs.js'

/** The evaluation of the example spaces on the example corpus. */
const exampleEvaluation = JSON.parse(
  readFileSync(join(projectRoot, 'openapi', 'example-evaluation.json'), 'utf8')
) as ModelEvaluation

interface ExampleRepositories {
  readonly models: ReturnType<typeof createModelRepository>
  readonly corpora: ReturnType<typeof createCorpusRepository>
  readonly evaluations: ReturnType<typeof createEvaluationRepository>
  readonly apiKeys: ApiKeyRepository
  readonly jobs: JobRepository
}

/** Stores the example spaces, the example corpus, its evaluation and two jobs, unless they exist. */
export async function storeExamples (
  { models, corpora, evaluations, apiKeys, jobs }: ExampleRepositories
): Promise<void> {
  for (const { version, ...space } of exampleSpaces) {
    await models.register({ ...space, kind: 'template-only', licence: 'Apache-2.0', manifest: { version } })
  }
  const [a, b] = exampleSpaces
  await corpora.createWithId(exampleCorpusId, 'Example corpus of the documentation')
  await corpora.createWithId(disposableCorpusId, 'Corpus for the example of a deletion')
  await corpora.addTemplates(
    exampleCorpusId,
    ([['source', a!], ['target', b!]] as const).map(([side, { fingerprint }]) => ({
      fingerprint,
      rows: examples.pairs.map(pair => ({
        sample: pair.sample,
        identity: pair.identity,
        vector: Float32Array.from(pair[side].vector)
      }))
    }))
  )
  // Nobody has its secret, and it has expired: it can only be revoked.
  await apiKeys.insert({
    id: disposableKeyId,
    prefix: '0'.repeat(12),
    secretSha256: createHash('sha256').update(randomBytes(32)).digest(),
    name: 'Key for the example of a revocation',
    scopes: ['verify'],
    translatePairs: null,
    templatesPerDay: null,
    requestsPerMinute: null,
    limitsComparisons: true,
    scores: 'exact',
    expiresAt: new Date(0).toISOString()
  })
  const { models: evaluated, fmr, seed, heldOutFraction } = exampleEvaluation
  await evaluations.createWithId(exampleEvaluationId, {
    corpusId: exampleCorpusId,
    corpusHash: (await corpora.join(exampleCorpusId, [a!.fingerprint, b!.fingerprint])).hash,
    testCorpusId: null,
    testCorpusHash: null,
    request: {
      corpus: exampleCorpusId,
      testCorpus: null,
      models: evaluated.map(({ model }) => model),
      method: 'ridge',
      fmr,
      seed,
      heldOutFraction,
      analyses: [...defaultAnalyses]
    },
    result: exampleEvaluation
  })
  const fit = {
    kind: 'fit',
    queue: 'fitting' as const,
    request: { source: a!.id, target: b!.id, corpus: exampleCorpusId, method: 'auto', seed: 42, heldOutFraction: 0.3 },
    origin: { request: 'example', operation: 'fitMap', key: null }
  }
  await jobs.insertEnded(exampleJobId, { ...fit, requestSha256: sha256(exampleJobId) }, {
    outcome: 'succeeded',
    result: `/v1/maps/${exampleMapId}`
  })
  await jobs.insertEnded(disposableJobId, { ...fit, requestSha256: sha256(disposableJobId) }, { outcome: 'cancelled' })
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
