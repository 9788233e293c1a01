import { Problem } from '../../errors.js'
import type { EnsembleData, EnsembleSpace } from '../../science/fitting/fit-ensemble.js'
import type { ComparisonSpec } from '../../science/alignment/comparison-candidates.js'
import { prepare } from '../../science/alignment/apply.js'
import { nativeSide, type ComparisonSpace } from '../../science/alignment/comparison-space.js'
import type { IdempotentRequest } from '../../platform/database/idempotency.js'
import type { PageRequest } from '../../platform/database/page.js'
import type { Preconditions } from '../../platform/preconditions.js'
import type {
  Catalogue,
  CatalogueLease,
  createEnsembleRepository,
  KnownSpace,
  StoredEnsemble,
  StoredMap
} from '../catalogue/index.js'
import type { CorpusJoin, createCorpusRepository } from '../corpora/index.js'
import { bestMap } from '../verifications/index.js'
import type { EnsembleFitter } from './fitter.js'

export interface EnsembleOrder {
  /** id of a corpus */
  readonly corpus: string
  /** ids of two or three models */
  readonly models: readonly string[]
  readonly seed: number
}

/** An ensemble, and whether it serves: it does when it is active and all of its maps are. */
export interface Ensemble extends StoredEnsemble {
  readonly serving: boolean
}

/** The rate by which a map is chosen when maps lead both ways, see `bestMap`. */
const usualRate = 1e-3

/**
 * Ensembles: fit, read, activate and retire. A change of state is acknowledged once every replica decides by it.
 */
export function createEnsembles (
  repository: ReturnType<typeof createEnsembleRepository>,
  corpora: ReturnType<typeof createCorpusRepository>,
  catalogue: Catalogue,
  fitter: EnsembleFitter,
  { awaitReaders }: Pick<CatalogueLease, 'awaitReaders'>
) {
  /** Whether it serves changes with its maps, so its tag does too. */
  function shown (ensemble: StoredEnsemble): Ensemble {
    const serving = ensemble.state === 'active' && catalogue.hasMaps(ensemble)
    return { ...ensemble, serving, etag: ensemble.etag.replace(/"$/, `.${Number(serving)}"`) }
  }

  const tagOf = (ensemble: StoredEnsemble) => shown(ensemble).etag

  return {
    async list (page: PageRequest) {
      const { items, next } = await repository.list(page)
      return { items: items.map(shown), next }
    },

    /** @throws Problem `ensemble-unknown` */
    get: async (id: string): Promise<Ensemble> => shown(await repository.get(id)),

    /**
     * Fits an ensemble with the maps that are active, and stores it; nothing decides by it until it is activated.
     *
     * @returns the ensemble, and whether this call made it: a repetition with the same idempotency key returns the
     *   first
     * @throws Problem `corpus-unknown`, `model-unknown`, `map-missing`, `pairs-insufficient`, `template-invalid`;
     *   `map-retired` when that happens meanwhile
     */
    async create (
      { corpus, models, seed }: EnsembleOrder,
      request: IdempotentRequest,
      signal?: AbortSignal
    ): Promise<{ ensemble: Ensemble, created: boolean }> {
      const earlier = await repository.findRepeated(request)
      if (earlier !== undefined) return { ensemble: shown(earlier), created: false }
      // Sorted, so that the same models in another order make the same ensemble.
      const spaces = models.map(model => catalogue.space(model)).sort((a, b) => a.model < b.model ? -1 : 1)
      const maps = mapsBetween(spaces)
      const joined = await corpora.join(corpus, spaces.map(({ fingerprint }) => fingerprint))
      const card = await fitter.fit(await dataOf(corpus, spaces, maps, joined), { seed }, signal)
      catalogue.confirm(maps)
      const { ensemble, created } = await repository.insert({
        fingerprints: spaces.map(({ fingerprint }) => fingerprint),
        corpusId: corpus,
        card: { ...card, warnings: [...unusableWarnings(joined), ...card.warnings] },
        ...request
      })
      return { ensemble: shown(ensemble), created }
    },

    /** @throws Problem `ensemble-unknown`, `ensemble-retired`, `map-retired`, `precondition-failed` */
    async activate (id: string, preconditions: Preconditions): Promise<Ensemble> {
      requireMaps(await repository.get(id))
      return await acknowledged(await repository.activate(id, preconditions, tagOf))
    },

    /** @throws Problem `ensemble-unknown`, `precondition-failed` */
    async retire (id: string, preconditions: Preconditions): Promise<Ensemble> {
      return await acknowledged(await repository.retire(id, preconditions, tagOf))
    }
  }

  async function acknowledged (ensemble: StoredEnsemble): Promise<Ensemble> {
    await catalogue.refresh()
    await awaitReaders()
    return shown(ensemble)
  }

  /** An ensemble serves with the maps it was fitted with, and with no others. */
  function requireMaps ({ id, state, card }: StoredEnsemble): void {
    if (state === 'retired') return
    const active = new Set(catalogue.activeMaps().map(map => map.id))
    const missing = card.spaces.find(({ map }) => !active.has(map))
    if (missing === undefined) return
    throw new Problem(
      'map-missing',
      `ensemble ${id}: expected map ${missing.map} from "${missing.source}" to "${missing.target}" to be active, as ` +
        'when the ensemble was fitted. Activate that map, or fit the ensemble anew',
      { maps: [] }
    )
  }

  function mapsBetween (spaces: readonly KnownSpace[]): StoredMap[] {
    return spaces.flatMap((first, i) =>
      spaces.slice(i + 1).map(second => {
        catalogue.requireDistinct(first, second)
        return bestMap(catalogue, first, second, usualRate)
      })
    )
  }

  async function dataOf (
    corpus: string,
    spaces: readonly KnownSpace[],
    maps: readonly StoredMap[],
    { samples, identities, templates, hash }: CorpusJoin
  ): Promise<EnsembleData> {
    const indexOf = (fingerprint: string) => spaces.findIndex(space => space.fingerprint === fingerprint)
    return {
      models: spaces.map(({ model }) => model),
      samples,
      identities,
      templates: spaces.map(({ dimension }, m) => ({ rows: samples.length, cols: dimension, data: templates[m]! })),
      hash,
      spaces: await Promise.all(maps.map(async (map): Promise<EnsembleSpace> => ({
        source: indexOf(map.source.fingerprint),
        target: indexOf(map.target.fingerprint),
        map: map.id,
        space: await spaceOf(map),
        refit: map.corpusId === corpus || map.corpusHash === hash ? specOf(map) : undefined
      })))
    }
  }

  /** Where a map compares templates of its models: its comparison space, or its target. */
  async function spaceOf (map: StoredMap): Promise<ComparisonSpace> {
    if (map.card.comparison !== undefined) return await catalogue.comparison(map)
    return {
      source: prepare(await catalogue.numbers(map)),
      target: nativeSide(map.target.dimension),
      normalisation: null
    }
  }
}

/** How the comparison space of a map was fitted. */
function specOf ({ card: { comparison } }: StoredMap): ComparisonSpec | undefined {
  if (comparison === undefined) return undefined
  const { kind, estimator, shrinkage, targetShrinkage, offset, normalisation } = comparison
  return {
    kind,
    // The schema of the card names the methods in general; a space is made by one of `comparisonCandidates`.
    estimator: estimator as ComparisonSpec['estimator'],
    shrinkage,
    ...(targetShrinkage === undefined ? {} : { targetShrinkage }),
    offset,
    normalisation
  }
}

function unusableWarnings ({ unusable }: CorpusJoin): string[] {
  return unusable === 0 ? [] : [`${unusable} samples have a stored template that cannot be read and were left out`]
}
