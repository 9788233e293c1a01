import { Problem } from '../../errors.js'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { normaliseRows } from '../../science/linear-algebra/normalise.js'
import { findCombination, type EnsembleCombination } from '../../science/cards/ensemble-card.js'
import type { Catalogue, KnownSpace, StoredEnsemble, StoredMap } from '../catalogue/index.js'
import type { Translator } from '../translations/index.js'
import { placeOf } from './comparison-places.js'
import { projectionOf } from './comparing.js'

/** One template of the probe with one of the reference. */
export interface FusedPart {
  readonly probe: KnownSpace
  readonly reference: KnownSpace
  /** of its score in the sum */
  readonly weight: number
  /** in whose comparison space the two are compared; none where both are of one space */
  readonly map: StoredMap | undefined
  /** of the space that the two are compared in, k */
  readonly dimension: number
  /** (n, d) to (n, k), such that inner products of the two sides are comparison scores */
  project(side: 'probe' | 'reference', templates: TemplateMatrix): Promise<TemplateMatrix>
}

/** How several templates a side are compared together. */
export interface Fusing {
  readonly ensemble: StoredEnsemble
  readonly combination: EnsembleCombination
  /** probe by probe */
  readonly parts: readonly FusedPart[]
}

interface FusingParts {
  readonly catalogue: Catalogue
  readonly translator: Translator
}

/**
 * The ensemble by which templates of some models are compared with those of others.
 *
 * @param id of the ensemble; the active one of the fewest models that has all of them when absent
 * @throws Problem `ensemble-missing`
 */
export async function fusingOf (
  parts: FusingParts,
  probe: readonly KnownSpace[],
  reference: readonly KnownSpace[],
  id?: string
): Promise<Fusing> {
  const found = await findFusing(parts, probe, reference, id)
  if (found !== undefined) return found
  const usable = parts.catalogue.usableEnsembles()
  const named = [...new Set([...probe, ...reference].map(({ model }) => `"${model}"`))].join(', ')
  const present = usable.length === 0
    ? 'none'
    : usable.map(({ id, card }) => `${id} of ${modelsOf(card).join(', ')}`).join('; ')
  throw new Problem(
    'ensemble-missing',
    `expected ${id === undefined ? 'an active ensemble' : `the active ensemble ${id}`} with the models ${named}, ` +
      `whose maps are all active, found ${present}`,
    { ensembles: usable.map(({ id, version, card }) => ({ id, version, models: modelsOf(card) })) }
  )
}

/** As `fusingOf`. @returns undefined where there is no such ensemble */
export async function findFusing (
  { catalogue, translator }: FusingParts,
  probe: readonly KnownSpace[],
  reference: readonly KnownSpace[],
  id?: string
): Promise<Fusing | undefined> {
  const spaces = [...probe, ...reference]
  for (const ensemble of catalogue.usableEnsembles()) {
    if (id !== undefined && ensemble.id !== id) continue
    if (!spaces.every(({ fingerprint }) => ensemble.fingerprints.includes(fingerprint))) continue
    const names = (side: readonly KnownSpace[]) => side.map(({ model }) => model)
    const found = findCombination(ensemble.card, names(probe), names(reference))
    if (found === undefined) continue
    return {
      ensemble,
      combination: found.combination,
      parts: await Promise.all(
        probe.flatMap(p =>
          reference.map(async r => ({
            probe: p,
            reference: r,
            weight: found.weight(p.model, r.model),
            ...await projectionBetween({ catalogue, translator }, ensemble, p, r)
          }))
        )
      )
    }
  }
  return undefined
}

/** Ensembles are weighed and calibrated with the spaces of their maps as these were fitted. */
async function projectionBetween (
  { catalogue, translator }: FusingParts,
  { card }: StoredEnsemble,
  probe: KnownSpace,
  reference: KnownSpace
): Promise<Pick<FusedPart, 'map' | 'dimension' | 'project'>> {
  if (probe.fingerprint === reference.fingerprint) {
    return {
      map: undefined,
      dimension: probe.dimension,
      project: async (_side, templates) => normaliseRows(templates)
    }
  }
  const { map: id } = card.spaces.find(({ source, target }) =>
    (source === probe.model && target === reference.model) || (source === reference.model && target === probe.model)
  )!
  const map = [catalogue.activeMap(probe, reference), catalogue.activeMap(reference, probe)]
    .find(active => active?.id === id)!
  const projection = await projectionOf({ catalogue, translator }, map, undefined)
  const probeSide = map.source.fingerprint === probe.fingerprint ? 'source' : 'target'
  return {
    map,
    dimension: placeOf(map).comparedIn.dimension,
    project: async (side, templates) =>
      await projection((side === 'probe') === (probeSide === 'source') ? 'source' : 'target', templates)
  }
}

/** The models of an ensemble, in the order of its card. */
export function modelsOf ({ spaces }: StoredEnsemble['card']): string[] {
  return [...new Set(spaces.flatMap(({ source, target }) => [source, target]))]
}
