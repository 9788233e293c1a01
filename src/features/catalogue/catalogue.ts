import { memoised } from '../../memoised.js'
import type { AffineMap } from '../../science/alignment/affine-map.js'
import type { ComparisonSpace } from '../../science/alignment/comparison-space.js'
import { withBiases } from '../../science/alignment/own-means.js'
import { Problem } from '../../errors.js'
import type { createCalibrationRepository, StoredCalibration } from './store/calibrations.js'
import type { createEnsembleRepository, StoredEnsemble } from './store/ensembles.js'
import type { createMapRepository, StoredMap, WaitingMap } from './store/maps.js'
import type { createModelRepository } from './models-repository.js'
import { checkFingerprint } from '../../science/template/check.js'
import type { Space } from '../../science/template/space.js'

export interface KnownSpace extends Space {
  /** whether this process has the graph; a recogniser whose manifest is gone has templates only */
  readonly canEmbed: boolean
}

/** Two active maps that lead from one space to another, and the space between them. */
export interface MapRoute {
  readonly via: string
  readonly legs: readonly [StoredMap, StoredMap]
}

export interface Catalogue {
  /** The current space of a model. @throws Problem `model-unknown` */
  space(model: string): KnownSpace
  /** The same list until there are others. */
  spaces(): readonly KnownSpace[]
  /** @throws Problem `fingerprint-mismatch` naming the active maps from the template's own space */
  checkFingerprint(given: string | undefined, space: Space, where: string): void
  /** The active map of a directed pair, if there is one. */
  activeMap(source: Space, target: Space): StoredMap | undefined
  /**
   * The same, but required.
   * @param eitherWay whether a map in the other direction would do as well, so that its routes are named too
   * @throws Problem `map-missing` naming the active maps that touch either space, those that wait to be activated, and
   *   the routes of a composition. Every caller that may use maps may also list them, so the problem reveals nothing
   *   that the caller may not see.
   */
  requireMap(source: Space, target: Space, eitherWay?: boolean): StoredMap
  /**
   * The routes from one space to another by two active maps, through any space or the one given.
   * @throws Problem `map-missing` naming the existing legs
   */
  requireRoutes(source: Space, target: Space, via?: Space): [MapRoute, ...MapRoute[]]
  /** The same list until there are others. */
  activeMaps(): readonly StoredMap[]
  /** The calibration that takes the place of the one of the map's card, if one is active. */
  calibration(map: Pick<StoredMap, 'id'>): StoredCalibration | undefined
  /**
   * The active ensembles whose maps are all active, those of fewer models first: what was weighed and calibrated with
   * one map does not hold with another.
   */
  usableEnsembles(): readonly StoredEnsemble[]
  /** Whether all maps of an ensemble are active. */
  hasMaps(ensemble: Pick<StoredEnsemble, 'card'>): boolean
  /** @throws Problem `request-invalid` when both are the same space */
  requireDistinct(source: Space, target: Space): void
  /** The numbers of a map, read once and cached while it is active. */
  numbers(map: StoredMap): Promise<AffineMap>
  /**
   * The space in which templates of the map's two models are compared, if its card has one; read once and cached while
   * the map is active.
   * @param calibration that may have centred the space anew
   */
  comparison(map: StoredMap, calibration?: StoredCalibration): Promise<ComparisonSpace>
  /**
   * Call this when work with these maps is done, before its result is visible. Work begun with a map that has since
   * been replaced may finish; with a map that was retired it may not.
   * @throws Problem `map-retired`; `unavailable` when this process no longer knows which maps serve
   */
  confirm(maps: Iterable<StoredMap | undefined>): void
  /** Revision of the state of all maps, as last read; every change of a map raises it. */
  revision(): number
  /** Re-reads models and active maps; await it after a write, before acknowledging that. */
  refresh(): Promise<void>
}

/**
 * The spaces and the active maps, kept in memory for the requests of this process. Postgres has the truth; the owner
 * calls `refresh` at start, after its own writes and when another replica notifies of a change.
 *
 * @param loaded fingerprints of the recognisers of this process
 * @param assertValid throws when what was read may be too old to decide by, see `createCatalogueLease`
 */
export function createCatalogue (
  { models, maps, calibrations, ensembles: stored }: {
    readonly models: Pick<ReturnType<typeof createModelRepository>, 'list'>
    readonly maps: ReturnType<typeof createMapRepository>
    readonly calibrations: Pick<ReturnType<typeof createCalibrationRepository>, 'listActive'>
    readonly ensembles?: Pick<ReturnType<typeof createEnsembleRepository>, 'listActive'>
  },
  loaded: ReadonlySet<string>,
  assertValid: () => void = () => {}
): Catalogue {
  let spaces = new Map<string, KnownSpace>()
  let active = new Map<string, StoredMap>()
  /** those of both, each the same list until it is read anew */
  let [allSpaces, allActive]: [readonly KnownSpace[], readonly StoredMap[]] = [[], []]
  /** by map */
  let calibrated = new Map<string, StoredCalibration>()
  let ensembles: readonly StoredEnsemble[] = []
  let retired: ReadonlySet<string> = new Set()
  let revision = 0
  /** by pair, the newest fitted map where none is active */
  let waiting = new Map<string, WaitingMap>()
  const numbers = createReadings(maps.numbers)
  const comparisons = createReadings(maps.comparison)
  /** by calibration: whoever opens a space keeps what it made of the object */
  const centred = new Map<string, Promise<ComparisonSpace>>()
  let running: Promise<void> = Promise.resolve()
  let queued: Promise<void> | undefined

  async function read (): Promise<void> {
    // Read first, so that everything read afterwards is at least as new.
    const newest = await maps.revision()
    const [modelRows, mapRows, waitingRows, retiredIds, calibrationRows, ensembleRows] = await Promise.all([
      models.list(),
      maps.listActive(),
      maps.listWaiting(),
      maps.listRetired(),
      calibrations.listActive(),
      stored?.listActive() ?? []
    ])
    ensembles = [...ensembleRows].sort((a, b) => a.fingerprints.length - b.fingerprints.length)
    calibrated = new Map(calibrationRows.map(row => [row.map, row]))
    const usable = new Set(calibrationRows.map(({ id }) => id))
    for (const id of centred.keys()) if (!usable.has(id)) centred.delete(id)
    retired = new Set(retiredIds)
    revision = newest
    spaces = new Map(
      modelRows.map((
        { id, fingerprint, dimension }
      ) => [id, { model: id, fingerprint, dimension, canEmbed: loaded.has(fingerprint) }])
    )
    active = new Map(mapRows.map(row => [pairKey(row.source.fingerprint, row.target.fingerprint), row]))
    allSpaces = [...spaces.values()]
    allActive = [...active.values()]
    waiting = new Map(waitingRows.map(row => [pairKey(row.sourceFingerprint, row.targetFingerprint), row]))
    const ids = new Set(mapRows.map(row => row.id))
    for (const readings of [numbers, comparisons]) readings.keep(ids)
  }

  const describe = (map: StoredMap) => ({ id: map.id, source: map.source.model, target: map.target.model })

  const arrow = (map: ReturnType<typeof describe>) => `"${map.source}" to "${map.target}"`

  /** Sorted by the model between, so that every replica chooses alike among equal routes. */
  function routesBetween (source: Space, target: Space): MapRoute[] {
    return [...active.values()].flatMap(first => {
      if (first.source.fingerprint !== source.fingerprint || first.target.fingerprint === target.fingerprint) return []
      const second = active.get(pairKey(first.target.fingerprint, target.fingerprint))
      return second === undefined ? [] : [{ via: first.target.model, legs: [first, second] as const }]
    }).sort((a, b) => a.via < b.via ? -1 : 1)
  }

  const catalogue: Catalogue = {
    space (model) {
      const space = spaces.get(model)
      if (space === undefined) {
        throw new Problem(
          'model-unknown',
          `expected one of ${[...spaces.keys()].map(id => `"${id}"`).join(', ')}, received "${model}"`
        )
      }
      return space
    },
    spaces: () => allSpaces,
    checkFingerprint (given, space, where) {
      checkFingerprint(
        given,
        space,
        where,
        () => ({ maps: [...active.values()].filter(map => map.source.fingerprint === given).map(describe) })
      )
    },
    activeMap (source, target) {
      assertValid()
      return active.get(pairKey(source.fingerprint, target.fingerprint))
    },
    requireMap (source, target, eitherWay = false) {
      const map = catalogue.activeMap(source, target)
      if (map !== undefined) return map
      const related = [...active.values()].filter(map =>
        [map.source.fingerprint, map.target.fingerprint].some(fingerprint =>
          fingerprint === source.fingerprint || fingerprint === target.fingerprint
        )
      ).map(describe)
      const found = related.length === 0 ? 'none from or to either model' : related.map(arrow).join(', ')
      const routes = [...routesBetween(source, target), ...eitherWay ? routesBetween(target, source) : []]
        .map(({ via, legs: [first, second] }) => ({
          source: first.source.model,
          via,
          target: second.target.model,
          maps: [first.id, second.id]
        }))
      const remedy = routes.length === 0
        ? ''
        : `. POST /v1/maps with method "composition" composes one from two: ${
          routes.map(route => `"${route.source}" to "${route.target}" via "${route.via}"`).join(', ')
        }`
      const fitted = [[source, target], ...eitherWay ? [[target, source]] : []].flatMap(([from, to]) =>
        waiting.get(pairKey(from!.fingerprint, to!.fingerprint)) ?? []
      )
      throw new Problem(
        'map-missing',
        `expected an active map from "${source.model}" to "${target.model}", found ` +
          `${found}${activationOf(fitted)}${remedy}`,
        { maps: related, waiting: fitted.map(describeWaiting), routes }
      )
    },
    requireRoutes (source, target, via) {
      assertValid()
      const [first, ...others] = routesBetween(source, target).filter(({ legs: [leg] }) =>
        via === undefined || leg.target.fingerprint === via.fingerprint
      )
      if (first !== undefined) return [first, ...others]
      const legs = [...active.values()].filter(({ source: from, target: to }) =>
        (from.fingerprint === source.fingerprint && (via ?? to).fingerprint === to.fingerprint) ||
        (to.fingerprint === target.fingerprint && (via ?? from).fingerprint === from.fingerprint)
      ).map(describe)
      const fitted = [...waiting.values()].filter(({ sourceFingerprint: from, targetFingerprint: to }) =>
        (from === source.fingerprint && (via?.fingerprint ?? to) === to && to !== target.fingerprint) ||
        (to === target.fingerprint && (via?.fingerprint ?? from) === from && from !== source.fingerprint)
      )
      const between = via === undefined ? 'a model that both have a map with' : `"${via.model}"`
      const found = legs.length === 0 ? 'none' : legs.map(arrow).join(', ')
      throw new Problem(
        'map-missing',
        `expected active maps from "${source.model}" to ${between} and from there to "${target.model}", found ` +
          `${found}${activationOf(fitted)}`,
        { maps: legs, waiting: fitted.map(describeWaiting) }
      )
    },
    activeMaps () {
      assertValid()
      return allActive
    },
    calibration (map) {
      assertValid()
      return calibrated.get(map.id)
    },
    usableEnsembles () {
      assertValid()
      return ensembles.filter(catalogue.hasMaps)
    },
    hasMaps ({ card }) {
      const ids = new Set([...active.values()].map(({ id }) => id))
      return card.spaces.every(({ map }) => ids.has(map))
    },
    confirm (used) {
      assertValid()
      for (const map of used) {
        if (map !== undefined && retired.has(map.id)) {
          throw new Problem(
            'map-retired',
            `map ${map.id}, from "${map.source.model}" to "${map.target.model}", was retired before the answer was ` +
              `ready`
          )
        }
      }
    },
    revision: () => revision,
    requireDistinct (source, target) {
      if (source.fingerprint !== target.fingerprint) return
      throw new Problem(
        'request-invalid',
        `target: expected a model other than the source, received "${target.model}" for both`
      )
    },
    numbers: map => numbers.of(map.id),
    async comparison (map, calibration) {
      const space = await comparisons.of(map.id)
      if (calibration?.biases === undefined) return space
      const { id, biases } = calibration
      return await memoised(centred, id, async () => withBiases(space, biases))
    },
    refresh () {
      // Serialised, so that an older answer never replaces a newer one; concurrent callers share one run.
      queued ??= running.catch(() => {}).then(() => {
        running = read()
        queued = undefined
        return running
      })
      return queued
    }
  }
  return catalogue
}

/** How to activate the maps that wait. */
function activationOf (waiting: readonly WaitingMap[]): string {
  return waiting.map(({ id, version, source, target, verdict }) =>
    `. Map ${id} from "${source}" to "${target}", version ${version}, ${
      verdict === null ? 'fitted' : `fitted with the verdict "${verdict}"`
    }, is not active: activate it with POST /v1/maps/${id}/activate (scope "admin")`
  ).join('')
}

const describeWaiting = ({ id, version, source, target, verdict }: WaitingMap) => ({
  id,
  version,
  source,
  target,
  verdict,
  activate: `/v1/maps/${id}/activate`
})

const pairKey = (source: string, target: string) => `${source} ${target}`

/** Caches what was read of maps, by id; a failed read is not cached. */
function createReadings<T> (read: (id: string) => Promise<T>) {
  const readings = new Map<string, Promise<T>>()
  return {
    of (id: string): Promise<T> {
      return memoised(readings, id, () => read(id))
    },
    keep (ids: ReadonlySet<string>): void {
      for (const id of readings.keys()) if (!ids.has(id)) readings.delete(id)
    }
  }
}
