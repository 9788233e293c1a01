import { createHash } from 'node:crypto'
import { Problem } from '../../errors.js'
import type { DomainTemplates, RecalibrationOptions } from '../../science/fitting/recalibrate.js'
import { InvalidRow } from '../../science/template/check.js'
import type { IdempotentRequest } from '../../platform/database/idempotency.js'
import type { PageRequest } from '../../platform/database/page.js'
import type { Preconditions } from '../../platform/preconditions.js'
import { createTurns } from '../../platform/turns.js'
import type {
  Catalogue,
  CatalogueLease,
  createCalibrationRepository,
  createMapRepository,
  StoredCalibration
} from '../catalogue/index.js'
import { createTemplateHash, type createCorpusRepository } from '../corpora/index.js'
import type { Guard, GuardReport } from '../guard/index.js'
import type { Fitter } from './fitting/fitter.js'

/** A template of the caller's own, of the source or the target of a map. */
export interface OwnTemplate {
  readonly side: 'source' | 'target'
  /** name of the image, unique within the side */
  readonly sample: string
  readonly identity: string | null
  readonly vector: Float32Array
}

type CalibrationTemplates = { readonly corpus: string } | { readonly inline: readonly OwnTemplate[] }

export interface CalibrationOrder {
  /** id of the map */
  readonly map: string
  readonly templates: CalibrationTemplates
  readonly options: RecalibrationOptions
}

/**
 * Calibrations of maps for the domain of a caller's own templates: make, read, activate and retire. A change of state
 * is acknowledged once every replica decides by it.
 */
export function createCalibrations (
  { calibrations: repository, maps }: {
    readonly calibrations: ReturnType<typeof createCalibrationRepository>
    readonly maps: ReturnType<typeof createMapRepository>
  },
  corpora: ReturnType<typeof createCorpusRepository>,
  catalogue: Catalogue,
  fitter: Pick<Fitter, 'recalibrate'>,
  guard: Pick<Guard, 'inspect'>,
  { awaitReaders }: Pick<CatalogueLease, 'awaitReaders'>
) {
  return {
    /** @throws Problem `map-unknown` */
    async list (map: string, page: PageRequest) {
      await maps.get(map)
      return await repository.list(map, page)
    },

    get: repository.get,

    /**
     * Calibrates a map and stores the calibration; nothing decides by it until it is activated.
     *
     * @returns the calibration, and whether this call made it: a repetition with the same idempotency key returns the
     *   first
     * @throws Problem `map-unknown`, `map-retired`, `corpus-unknown`, `pairs-insufficient`, `template-invalid`;
     *   `template-foreign` when the guard refuses
     */
    async create (
      { map: id, templates, options }: CalibrationOrder,
      request: IdempotentRequest,
      signal?: AbortSignal
    ): Promise<{ calibration: StoredCalibration, created: boolean, guard: GuardReport<number> | null }> {
      const earlier = await repository.findRepeated(request)
      if (earlier !== undefined) return { calibration: earlier, created: false, guard: null }
      const map = await maps.get(id)
      if (map.state === 'retired') throw new Problem('map-retired', `map ${id} is retired: expected one that can serve`)
      const { source, target, hash } = 'corpus' in templates
        ? await ofCorpus(templates.corpus, map.source, map.target)
        : await inline(templates.inline, map.source, map.target)
      const found = await guard.inspect([
        { space: map.source, templates: source.templates, positions: source.positions },
        { space: map.target, templates: target.templates, positions: target.positions }
      ].filter(part => part.templates.rows > 0)).catch((error: unknown) => {
        throw error instanceof InvalidRow ? error.asProblem() : error
      })
      const { recalibration, biases } = await fitter.recalibrate(
        {
          map: await maps.numbers(id),
          comparison: map.card.comparison === undefined ? undefined : await maps.comparison(id),
          card: map.card
        },
        { source, target, hash },
        options,
        signal
      )
      const stored = await repository.insert({
        map: id,
        corpusId: 'corpus' in templates ? templates.corpus : null,
        result: recalibration,
        biases,
        ...request
      })
      return { ...stored, guard: found }
    },

    /** @throws Problem `calibration-unknown`, `calibration-retired`, `map-retired`, `precondition-failed` */
    async activate (map: string, id: string, preconditions: Preconditions): Promise<StoredCalibration> {
      return await acknowledged(await repository.activate(map, id, preconditions))
    },

    /** @throws Problem `calibration-unknown`, `precondition-failed` */
    async retire (map: string, id: string, preconditions: Preconditions): Promise<StoredCalibration> {
      return await acknowledged(await repository.retire(map, id, preconditions))
    }
  }

  async function acknowledged (calibration: StoredCalibration): Promise<StoredCalibration> {
    await catalogue.refresh()
    await awaitReaders()
    return calibration
  }

  async function ofCorpus (corpus: string, source: MapSide, target: MapSide) {
    const sides = await corpora.sides(corpus, source.fingerprint, target.fingerprint)
    const sideOf = (name: 'source' | 'target', { dimension }: MapSide, first: number): Positioned => {
      const { samples, identities, templates: data } = sides[name]
      return {
        samples,
        identities,
        templates: { rows: samples.length, cols: dimension, data },
        positions: samples.map((_, row) => first + row)
      }
    }
    return {
      source: sideOf('source', source, 0),
      target: sideOf('target', target, sides.source.samples.length),
      hash: joined([sides.source.hash, sides.target.hash])
    }
  }
}

interface Positioned extends DomainTemplates {
  /** (n), in the request; of a corpus in the order of its samples, those of the source first */
  readonly positions: readonly number[]
}

interface MapSide {
  readonly fingerprint: string
  readonly dimension: number
}

/** In the order that a corpus gives them, so that the same templates make the same calibration. */
async function inline (templates: readonly OwnTemplate[], source: MapSide, target: MapSide) {
  const turns = createTurns()
  const sideOf = async (name: OwnTemplate['side'], { dimension }: MapSide) => {
    const own = templates.map((template, position) => ({ ...template, position, key: Buffer.from(template.sample) }))
      .filter(({ side }) => side === name).sort((a, b) => Buffer.compare(a.key, b.key))
    const data = new Float32Array(own.length * dimension) // (n, d), row-major
    const hash = createTemplateHash()
    for (const [row, { sample, identity, vector }] of own.entries()) {
      data.set(vector, row * dimension)
      hash.update({ sample, identity, vectors: [vector] })
      if (turns.over()) await turns.next()
    }
    return {
      samples: own.map(({ sample }) => sample),
      identities: own.map(({ identity }) => identity),
      templates: { rows: own.length, cols: dimension, data },
      positions: own.map(({ position }) => position),
      hash: hash.digest()
    }
  }
  const [first, second] = [await sideOf('source', source), await sideOf('target', target)]
  return { source: first, target: second, hash: joined([first.hash, second.hash]) }
}

const joined = (hashes: readonly string[]): string => createHash('sha256').update(hashes.join(' ')).digest('hex')
