import { Problem } from '../../errors.js'
import type { CorpusContents, CorpusJoin, createCorpusRepository } from '../corpora/index.js'
import { defaultAnalyses } from '../../science/cards/model-analyses.js'
import type { createEvaluationRepository, StoredEvaluation } from './evaluations-repository.js'
import { assertSameRequest, type IdempotentRequest } from '../../platform/database/idempotency.js'
import type { Catalogue, KnownSpace } from '../catalogue/index.js'
import type { EvaluationOptions, EvaluationProgress, SharedTemplates } from '../../science/fitting/evaluate-models.js'
import type { Evaluator } from './evaluator.js'
import type { Monitor } from '../../engines/threads/monitor.js'

export interface EvaluationRequest extends EvaluationOptions {
  /** id of the corpus whose training identities fit the maps, and whose held-out ones test them */
  readonly corpus: string
  /** id of another corpus to test the same maps on */
  readonly testCorpus?: string | undefined
  /** ids of at least two models; by default all that have templates in the corpora */
  readonly models?: readonly string[] | undefined
}

type Answer = { evaluation: StoredEvaluation, created: boolean }

/** Evaluations of several models on stored corpora: made once, then read any number of times. */
export function createEvaluations (
  repository: ReturnType<typeof createEvaluationRepository>,
  corpora: ReturnType<typeof createCorpusRepository>,
  catalogue: Catalogue,
  evaluator: Evaluator
) {
  /**
   * Running evaluations by idempotency key: a caller that lost the connection and repeats the call waits for the same
   * one.
   */
  const running = new Map<string, { requestSha256: string, answer: Promise<Answer> }>()

  return {
    list: repository.list,
    get: repository.get,
    check,

    /**
     * Fits and measures maps between all models, and stores the figures. The maps are not kept.
     *
     * @returns the evaluation, and whether this call created it: a repetition with the same idempotency key returns the
     *   first
     * @throws Problem `corpus-unknown`, `model-unknown`, `pairs-insufficient`, `pairs-rank-deficient`
     */
    async create (
      evaluation: EvaluationRequest,
      request: IdempotentRequest,
      monitor: Monitor<EvaluationProgress> = {}
    ): Promise<Answer> {
      const key = request.idempotencyKey
      const same = key === undefined ? undefined : running.get(key)
      if (same !== undefined) {
        assertSameRequest(same.requestSha256, request)
        return { ...await same.answer, created: false }
      }
      const answer = createOnce(evaluation, request, monitor)
      if (key === undefined) return await answer
      running.set(key, { requestSha256: request.requestSha256, answer })
      try {
        return await answer
      } finally {
        running.delete(key)
      }
    }
  }

  async function createOnce (
    given: EvaluationRequest,
    request: IdempotentRequest,
    monitor: Monitor<EvaluationProgress>
  ): Promise<Answer> {
    const earlier = await repository.findRepeated(request)
    if (earlier !== undefined) return { evaluation: earlier, created: false }
    const { corpus, testCorpus, method, fmr, seed, heldOutFraction, analyses = defaultAnalyses } = given
    const spaces = await check(given)
    const fingerprints = spaces.map(({ fingerprint }) => fingerprint)
    const joined = await corpora.join(corpus, fingerprints)
    const tested = testCorpus === undefined ? undefined : await corpora.join(testCorpus, fingerprints)
    const models = spaces.map(({ model }) => model)
    const result = await evaluator.evaluate(
      {
        models,
        corpus: templatesOf(joined, spaces),
        testCorpus: tested === undefined ? undefined : templatesOf(tested, spaces)
      },
      { method, fmr, seed, heldOutFraction, analyses: [...analyses] },
      monitor
    )
    return await repository.insert({
      corpusId: corpus,
      corpusHash: joined.hash,
      testCorpusId: testCorpus ?? null,
      testCorpusHash: tested?.hash ?? null,
      request: {
        corpus,
        testCorpus: testCorpus ?? null,
        models,
        method,
        fmr,
        seed,
        heldOutFraction,
        analyses: [...analyses]
      },
      result: {
        ...result,
        warnings: [...unusableWarnings(joined, 'corpus'), ...unusableWarnings(tested, 'testCorpus'), ...result.warnings]
      },
      ...request
    })
  }

  /**
   * The checks that do not need the templates.
   * @returns the spaces to evaluate
   * @throws Problem `request-invalid`, `corpus-unknown`, `model-unknown`, `pairs-insufficient`
   */
  async function check ({ corpus, testCorpus, models }: EvaluationRequest): Promise<KnownSpace[]> {
    if (corpus === testCorpus) {
      throw new Problem(
        'request-invalid',
        'testCorpus: expected a corpus other than "corpus", whose held-out part is always tested'
      )
    }
    const contents = [{ where: 'corpus', contents: await corpora.get(corpus) }]
    if (testCorpus !== undefined) contents.push({ where: 'testCorpus', contents: await corpora.get(testCorpus) })
    return spacesOf(models, contents)
  }

  /** The spaces named, or all that the corpora have in common, sorted by name. */
  function spacesOf (
    models: readonly string[] | undefined,
    contents: readonly { where: string, contents: CorpusContents }[]
  ): KnownSpace[] {
    const holds = ({ templates }: CorpusContents, space: KnownSpace) =>
      templates.some(({ fingerprint }) => fingerprint === space.fingerprint)
    if (models === undefined) {
      const common = catalogue.spaces().filter(space => contents.every(({ contents }) => holds(contents, space)))
      if (common.length >= 2) return common.sort((a, b) => a.model < b.model ? -1 : 1)
      throw new Problem(
        'pairs-insufficient',
        `${contents.map(({ where }) => where).join(', ')}: expected templates of at least 2 models in common, ` +
          `received ${common.length === 0 ? 'none' : `only those of "${common[0]!.model}"`}`,
        { expected: 2, received: common.length }
      )
    }
    const spaces = models.map(model => catalogue.space(model))
    for (const { where, contents: corpus } of contents) {
      const without = spaces.find(space => !holds(corpus, space))
      if (without === undefined) continue
      const there = corpus.templates.map(({ model }) => `"${model}"`).join(', ')
      throw new Problem(
        'pairs-insufficient',
        `models: expected models with templates in the ${where}, ${
          there === '' ? 'which has none' : `which are ${there}`
        }, received "${without.model}"`
      )
    }
    return spaces
  }
}

function unusableWarnings (joined: CorpusJoin | undefined, where: string): string[] {
  if (joined === undefined || joined.unusable === 0) return []
  return [`${where}: ${joined.unusable} samples have a stored template that cannot be read and were left out`]
}

function templatesOf ({ samples, identities, templates }: CorpusJoin, spaces: readonly KnownSpace[]): SharedTemplates {
  return {
    samples,
    identities,
    templates: spaces.map(({ dimension }, m) => ({ rows: samples.length, cols: dimension, data: templates[m]! }))
  }
}
