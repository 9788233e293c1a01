import { createHash } from 'node:crypto'
import { refitAdvice, type RefitAdvice } from '../../science/cards/refit.js'
import { indexIdentities } from '../../science/linear-algebra/identities.js'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { createTurns } from '../../platform/turns.js'
import { pairByIdentity } from '../../science/alignment/pair-by-identity.js'
import { completeOptions } from '../../science/alignment/pairs.js'
import { invalidRows } from '../../science/template/check.js'
import { Problem } from '../../errors.js'
import { type createCorpusRepository, createPairHash, type PairedSample } from '../corpora/index.js'
import { refusalOfCard, type Activate, type Activation } from './activation.js'
import { assertSameRequest, type IdempotentRequest } from '../../platform/database/idempotency.js'
import type { Preconditions } from '../../platform/preconditions.js'
import type {
  Catalogue,
  CatalogueLease,
  createMapRepository,
  KnownSpace,
  MapRoute,
  StoredMap
} from '../catalogue/index.js'
import type { ServingMap } from '../../science/fitting/shadow.js'
import type { FitOptions, FitProgress, Fitter, PairedTemplates, Route } from './fitting/fitter.js'
import type { Monitor } from '../../engines/threads/monitor.js'
import type { Profiles } from '../guard/index.js'

/** What a map is fitted on: a stored corpus, or pairs that come with the request and are not stored. */
export type FitPairs = { readonly corpus: string } | { readonly inline: readonly PairedSample[] }

export interface FitRequest {
  readonly source: KnownSpace
  /** differs from the source */
  readonly target: KnownSpace
  readonly pairs: FitPairs
  readonly options: FitOptions
  /** composes two active maps instead of a fit, through the space given or through the best one */
  readonly composition?: { readonly via: KnownSpace | undefined } | undefined
  /** for a map that is to serve at once */
  readonly activation?: Activation | undefined
}

/**
 * Maps: fit, read, activate and retire. A change is acknowledged once every replica decides by it.
 * @param awaitReaders see `CatalogueLease`
 */
export function createMaps (
  repository: ReturnType<typeof createMapRepository>,
  corpora: ReturnType<typeof createCorpusRepository>,
  catalogue: Catalogue,
  fitter: Fitter,
  profiles: Profiles,
  activate: Activate,
  { awaitReaders }: Pick<CatalogueLease, 'awaitReaders'>
) {
  /** Running fits by idempotency key: a caller that lost the connection and repeats the call waits for the same fit. */
  const running = new Map<string, { requestSha256: string, fit: Promise<{ map: StoredMap, created: boolean }> }>()

  return {
    list: repository.list,
    get: repository.get,

    /**
     * Fits, evaluates and stores a map, and the profiles of its spaces unless they have better ones.
     *
     * @returns the map, and whether this call fitted it: a repetition with the same idempotency key returns the first
     * @throws Problem `pairs-insufficient`, `pairs-one-sided`, `pairs-rank-deficient`; `map-missing` when a composition
     *   has no route; `map-not-activated` when it is stored but does not serve as requested
     */
    async fit (
      fitRequest: FitRequest,
      request: IdempotentRequest,
      monitor: Monitor<FitProgress> = {}
    ): Promise<{ map: StoredMap, created: boolean }> {
      const key = request.idempotencyKey
      const same = key === undefined ? undefined : running.get(key)
      if (same !== undefined) {
        assertSameRequest(same.requestSha256, request)
        return { ...await same.fit, created: false }
      }
      const fit = fitOnce(fitRequest, request, monitor)
      if (key === undefined) return await fit
      running.set(key, { requestSha256: request.requestSha256, fit })
      try {
        return await fit
      } finally {
        running.delete(key)
      }
    },

    /**
     * Whether to fit the map of a pair again, on a corpus that has grown since.
     * @throws Problem `map-unknown`, `corpus-unknown`
     */
    async adviseRefit (
      id: string,
      corpus: string
    ): Promise<RefitAdvice & { readonly before: number, readonly now: number }> {
      const { source, target, card } = await repository.get(id)
      const now = await corpora.pairedPeople(corpus, source.fingerprint, target.fingerprint)
      const before = card.split.training.identities
      return { ...refitAdvice(card.learningCurve, before, now), before, now }
    },

    /** @throws Problem `map-unknown`, `map-retired`, `precondition-failed` */
    async activate (id: string, preconditions: Preconditions): Promise<StoredMap> {
      const map = await repository.activate(id, preconditions)
      await catalogue.refresh()
      await awaitReaders()
      return map
    },

    /** @throws Problem `map-unknown`, `precondition-failed` */
    async retire (id: string, preconditions: Preconditions): Promise<StoredMap> {
      const map = await repository.retire(id, preconditions)
      await catalogue.refresh()
      await awaitReaders()
      return map
    }
  }

  async function fitOnce (
    { source, target, pairs, options, composition, activation }: FitRequest,
    request: IdempotentRequest,
    monitor: Monitor<FitProgress>
  ): Promise<{ map: StoredMap, created: boolean }> {
    const earlier = await repository.findRepeated(request)
    if (earlier !== undefined) {
      const refused = activation === undefined || earlier.state !== 'fitted' || earlier.activatedAt !== null
        ? undefined
        : refusalOfCard(earlier, activation)
      if (refused !== undefined) throw refused
      return { map: earlier, created: false }
    }
    const routes = composition && catalogue.requireRoutes(source, target, composition.via)
    if (routes !== undefined && 'corpus' in pairs && await corpora.pairingOf(pairs.corpus) === 'identity') {
      throw new Problem(
        'request-invalid',
        'corpus: expected pairs of the same image for a composition, received a corpus with pairing "identity"'
      )
    }
    const given = 'corpus' in pairs
      ? await pairsOfCorpus(pairs.corpus, source, target)
      : await inlinePairs(pairs.inline, source, target)
    const fitted = routes === undefined
      ? await fitter.fit(given, options, monitor, await servingMap())
      : await fitter.compose(given, await Promise.all(routes.map(readRoute)), options, monitor)
    const { map, card } = fitted
    let refused: Problem | undefined
    const stored = await repository.insert({
      sourceFingerprint: source.fingerprint,
      targetFingerprint: target.fingerprint,
      method: card.method,
      parameters: card.parameters,
      seed: card.seed,
      corpusId: 'corpus' in pairs ? pairs.corpus : null,
      corpusHash: given.hash,
      numbers: map,
      comparison: fitted.comparison,
      card,
      profiles: fitted.profiles,
      legs: card.parameters.legs,
      ...request
    }, async (session, fitted) => {
      if (activation !== undefined) refused = await activate(session, fitted, activation)
    })
    // From here on this process judges by the new profiles and knows the map; the other replicas are notified.
    await Promise.all([profiles.refresh(), catalogue.refresh()])
    if (refused !== undefined) throw refused
    if (activation !== undefined) await awaitReaders()
    return stored

    /** The active map of the pair, as it serves now. */
    async function servingMap (): Promise<ServingMap | undefined> {
      const active = catalogue.activeMap(source, target)
      if (active === undefined) return undefined
      const calibration = catalogue.calibration(active)
      return {
        id: active.id,
        version: active.version,
        numbers: await catalogue.numbers(active),
        comparison: active.card.comparison === undefined ? undefined : await catalogue.comparison(active, calibration),
        sharesPeople: active.corpusHash === given.hash || (active.corpusId !== null && 'corpus' in pairs &&
          active.corpusId === pairs.corpus)
      }
    }

    async function readRoute ({ via, legs: [first, second] }: MapRoute): Promise<Route> {
      const { seed, heldOutFraction } = completeOptions(options)
      const identities = indexIdentities(given.identities, given.samples).rows.length
      // The same identities, seed and share make the same split: what evaluates here may be training data of a leg that
      // was split differently, and is when everybody fitted the leg.
      const splitDiffers = ({ corpusId, card }: StoredMap) =>
        'corpus' in pairs && corpusId === pairs.corpus &&
        (card.seed !== seed || card.split.method === 'cross-fitting' || card.pairs.identities !== identities ||
          card.split.heldOutFraction !== heldOutFraction)
      return {
        via,
        legs: [first.id, second.id],
        first: await catalogue.numbers(first),
        second: await catalogue.numbers(second),
        doubt: splitDiffers(first) || splitDiffers(second)
          ? 'a leg was fitted on this corpus with another split by identity, or on everybody: people who evaluate this map may have trained it, and the figures may be too good'
          : null
      }
    }
  }

  async function pairsOfCorpus (corpus: string, source: KnownSpace, target: KnownSpace): Promise<PairedTemplates> {
    if (await corpora.pairingOf(corpus) === 'identity') return await pairsOfPeople(corpus, source, target)
    const { samples, identities, groups, oneSided, unusable, hash, ...data } = await corpora.pairs(
      corpus,
      source.fingerprint,
      target.fingerprint
    )
    if (samples.length === 0) {
      throw new Problem(
        'pairs-one-sided',
        `corpus: expected samples with templates under both "${source.model}" and "${target.model}", received ${oneSided.source} under the first only, ${oneSided.target} under the second only and ${
          unusable === 0 ? 'none under both' : `${unusable} under both, none of which can be read`
        }`
      )
    }
    return {
      samples,
      identities,
      groups,
      source: { rows: samples.length, cols: source.dimension, data: data.source },
      target: { rows: samples.length, cols: target.dimension, data: data.target },
      oneSided,
      unusable,
      hash
    }
  }

  async function pairsOfPeople (corpus: string, source: KnownSpace, target: KnownSpace): Promise<PairedTemplates> {
    const sides = await corpora.sides(corpus, source.fingerprint, target.fingerprint)
    const named = (side: typeof sides.source, { dimension }: KnownSpace) => {
      const templates = { rows: side.samples.length, cols: dimension, data: side.templates }
      const [invalid] = invalidRows(templates)
      if (invalid === undefined) return { ...side, templates }
      throw new Problem('template-invalid', `sample ${JSON.stringify(side.samples[invalid.row])}: ${invalid.defect}`)
    }
    const pairs = pairByIdentity(named(sides.source, source), named(sides.target, target))
    if (pairs.samples.length === 0) {
      throw new Problem(
        'pairs-one-sided',
        `corpus: expected people with a template under "${source.model}" and another image's under "${target.model}", ` +
          `received ${pairs.oneSided.source} templates under the first and ${pairs.oneSided.target} under the second ` +
          'without such a pair'
      )
    }
    return {
      ...pairs,
      unusable: sides.source.unusable + sides.target.unusable,
      hash: createHash('sha256').update(`identity ${sides.source.hash} ${sides.target.hash}`).digest('hex')
    }
  }
}

/** In the order that a corpus gives them, so that the same pairs make the same map. */
async function inlinePairs (
  given: readonly PairedSample[],
  source: KnownSpace,
  target: KnownSpace
): Promise<PairedTemplates> {
  const names = new Map<string, number>()
  given.forEach(({ sample }, i) => {
    const first = names.get(sample)
    if (first !== undefined) {
      throw new Problem(
        'request-invalid',
        `pairs[${i}].sample: expected a unique name, received ${JSON.stringify(sample)}, the name of pairs[${first}]`
      )
    }
    names.set(sample, i)
  })
  const pairs = given.map(pair => ({ pair, name: Buffer.from(pair.sample) }))
    .sort((a, b) => Buffer.compare(a.name, b.name)).map(({ pair }) => pair)
  const hash = createPairHash()
  const sourceRows: TemplateMatrix = {
    rows: pairs.length,
    cols: source.dimension,
    data: new Float32Array(pairs.length * source.dimension)
  }
  const targetRows: TemplateMatrix = {
    rows: pairs.length,
    cols: target.dimension,
    data: new Float32Array(pairs.length * target.dimension)
  }
  const turns = createTurns()
  for (const [row, pair] of pairs.entries()) {
    sourceRows.data.set(pair.source, row * source.dimension)
    targetRows.data.set(pair.target, row * target.dimension)
    hash.update(pair)
    if (turns.over()) await turns.next()
  }
  return {
    samples: pairs.map(pair => pair.sample),
    identities: pairs.map(pair => pair.identity),
    groups: pairs.map(pair => pair.group ?? null),
    source: sourceRows,
    target: targetRows,
    oneSided: { source: 0, target: 0 },
    hash: hash.digest()
  }
}
