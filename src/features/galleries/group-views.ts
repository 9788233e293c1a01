import { memoised } from '../../memoised.js'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { normaliseRows } from '../../science/linear-algebra/normalise.js'
import { fuseRows } from '../../science/scores/fusion.js'
import { Problem } from '../../errors.js'
import type { GalleryReader, TemplatePage } from './store/contents.js'
import type { OpenGallery, OpenShard } from './store/head.js'
import { isOfGroup, type GalleryGroup, type TemplateGroup } from './store/template-groups.js'
import {
  type CalibratedBy,
  type Catalogue,
  calibrationOf,
  type createMapRepository,
  type KnownSpace,
  type StoredEnsemble,
  type StoredMap
} from '../catalogue/index.js'
import {
  bestMap,
  type ComparedIn,
  findFusing,
  fusedIn,
  type Fusing,
  placeOf,
  projectionOf
} from '../verifications/index.js'
import type { Translator } from '../translations/index.js'
import type { ReferenceBatch } from './search/reference-rows.js'
import type { ViewSource } from './search/view-cache.js'

/**
 * How probes of a model are compared with the templates of a group: the projections of both, and how to read a score.
 */
export interface GroupView {
  readonly group: GalleryGroup
  /** the group's model */
  readonly space: KnownSpace
  readonly comparedIn: ComparedIn
  /**
   * the map of the comparison space, or the one that translated both sides; undefined when probes and references are of
   * one space
   */
  readonly map: StoredMap | undefined
  /** how scores are read; undefined when no active map touches the space that both share */
  readonly calibration: CalibratedBy | undefined
  /**
   * Whether the calibration is of such comparisons. That of native templates orders translated ones, and gives no
   * threshold.
   */
  readonly calibrated: boolean
  /** its templates in each shard of the gallery, by place */
  readonly shards: readonly ShardView[]
  /** the ensemble that weighs probes of several models; undefined for probes of one */
  readonly ensemble?: StoredEnsemble | undefined
  /**
   * Projects (n, d) to (n, k), such that inner products with projected references are scores.
   * @param templates of each model of the probes; row i of all is of one image
   */
  projectProbes(templates: readonly TemplateMatrix[]): Promise<TemplateMatrix>
}

/** The templates of a group in one shard, which is searched as a whole. */
export interface ShardView {
  readonly shard: OpenShard
  /** of the shard */
  readonly group: TemplateGroup
  /** unique to this shard, group and projection */
  readonly key: string
  readonly source: ViewSource
  /** Projections of the templates after a position, up to the head, by ordinal. */
  referencesAfter(position: number): AsyncIterable<ReferenceBatch>
  /** The still serving references among these ordinals. */
  referencesAt(ordinals: readonly number[]): Promise<ReferenceBatch>
}

/** The prefix of all view keys of a shard. */
export const viewKeyPrefix = (shard: string): string => `${shard} `

/** The rate by which a map is chosen when maps lead both ways, see `bestMap`. */
const usualRate = 1e-3

/**
 * Decides where the templates of a gallery are compared with probes of another model, by the rules of verification, see
 * `createVerification`. Templates that a map translated into the probe's own space are compared there, under that map's
 * calibration. Probes of the model that they were translated from are translated by the same map, and compared there as
 * well.
 */
export function createGroupViews (
  reader: GalleryReader,
  catalogue: Catalogue,
  maps: ReturnType<typeof createMapRepository>,
  translator: Translator
) {
  /** Maps that translated templates; they may be retired by now. The parts of a map read here never change. */
  const translatedBy = new Map<string, Promise<StoredMap>>()

  const mapOf = (id: string): Promise<StoredMap> => memoised(translatedBy, id, () => maps.get(id))

  /** @returns undefined when no model has the space any more */
  const spaceOf = ({ fingerprint }: TemplateGroup): KnownSpace | undefined =>
    catalogue.spaces().find(known => known.fingerprint === fingerprint)

  function requireSpace (group: TemplateGroup): KnownSpace {
    const space = spaceOf(group)
    if (space !== undefined) return space
    const { fingerprint, templates } = group
    throw new Problem(
      'map-missing',
      `the gallery has ${templates} templates of the space ${fingerprint}, which no longer belongs to a model, so nothing can be compared with them. ` +
        'List the models to search in "models"'
    )
  }

  /**
   * @throws Problem `map-missing` when no active map connects the two spaces, or no model has the group's space any
   *   more
   */
  async function open (gallery: OpenGallery, group: GalleryGroup, probe: KnownSpace): Promise<GroupView> {
    const space = requireSpace(group)
    if (probe.fingerprint === space.fingerprint) return await withinSpace(gallery, group, space)
    const translation = group.migration === null ? undefined : await mapOf(group.migration.map)
    return translation !== undefined && translatesBoth(translation, probe)
      ? await throughMigration(gallery, group, space, translation)
      : await acrossSpaces(gallery, group, probe, space)
  }

  /**
   * The view of probes that have templates of several models. Native templates are compared with all of them by an
   * active ensemble. Without one, and where a migration translated the group's templates, those of one model are: of
   * the group's own where there are such.
   *
   * @param probes models, at least one
   * @throws Problem `map-missing` when no active map connects the group's space with any of them
   */
  async function openFor (
    gallery: OpenGallery,
    group: GalleryGroup,
    probes: readonly KnownSpace[]
  ): Promise<GroupView> {
    if (probes.length === 1) return await open(gallery, group, probes[0]!)
    const space = requireSpace(group)
    const fusing = group.migration === null
      ? await findFusing({ catalogue, translator }, probes, [space])
      : undefined
    if (fusing !== undefined) return fused(gallery, group, space, probes, fusing)
    const order = [...probes.keys()].sort((a, b) =>
      Number(probes[b]!.fingerprint === space.fingerprint) - Number(probes[a]!.fingerprint === space.fingerprint)
    )
    for (const [place, k] of order.entries()) {
      try {
        const view = await open(gallery, group, probes[k]!)
        return { ...view, projectProbes: async templates => await view.projectProbes([templates[k]!]) }
      } catch (error) {
        const last = place === order.length - 1
        if (last || !(error instanceof Problem) || error.code !== 'map-missing') throw error
      }
    }
    throw new Error('expected probes of at least one model')
  }

  function fused (
    gallery: OpenGallery,
    group: GalleryGroup,
    space: KnownSpace,
    probes: readonly KnownSpace[],
    { ensemble, combination, parts }: Fusing
  ): GroupView {
    const kept = parts.filter(({ weight }) => weight > 0)
    const templatesOf = (templates: readonly TemplateMatrix[], fingerprint: string) =>
      templates[probes.findIndex(probe => probe.fingerprint === fingerprint)]!
    const fuse = async (side: 'probe' | 'reference', given: (part: typeof kept[number]) => TemplateMatrix) =>
      fuseRows(
        await Promise.all(
          kept.map(async part => ({ vectors: await part.project(side, given(part)), weight: part.weight }))
        )
      )
    // The maps were all active when the parts were found.
    const map = parts.find(part => part.map !== undefined)!.map!
    const comparedIn = fusedIn(kept)
    return {
      ...common(
        gallery,
        group,
        space,
        ['fused', ensemble.id, ...probes.map(({ fingerprint }) => fingerprint)].join(' '),
        templates => fuse('reference', () => templates),
        comparedIn.dimension
      ),
      comparedIn,
      map,
      calibration: {
        map,
        calibration: undefined,
        comparisons: combination.calibration,
        metrics: combination.evaluation
      },
      calibrated: true,
      ensemble,
      projectProbes: async templates => await fuse('probe', ({ probe }) => templatesOf(templates, probe.fingerprint))
    }
  }

  /** Retired maps serve no more, and older cards have no calibration of translations. */
  const translatesBoth = ({ id, source, target, card }: StoredMap, probe: KnownSpace): boolean =>
    source.fingerprint === probe.fingerprint && card.calibration.translated !== undefined &&
    catalogue.activeMap(source, target)?.id === id

  /** Both sides are translations by one map, which its card has a calibration for. */
  async function throughMigration (
    gallery: OpenGallery,
    group: GalleryGroup,
    space: KnownSpace,
    map: StoredMap
  ): Promise<GroupView> {
    const { card: { calibration: { translated }, evaluation } } = map
    const numbers = await catalogue.numbers(map)
    return {
      ...await withinSpace(gallery, group, space),
      map,
      calibration: translated && {
        map,
        calibration: undefined,
        comparisons: translated,
        metrics: evaluation.translated ?? evaluation.crossModel
      },
      projectProbes: async ([templates]) => await translator.translate(numbers, templates!)
    }
  }

  async function withinSpace (gallery: OpenGallery, group: GalleryGroup, space: KnownSpace): Promise<GroupView> {
    const translation = group.migration === null ? undefined : await mapOf(group.migration.map)
    const calibration = translation === undefined ? calibrationOf(catalogue, space) : calibrationAfter(translation)
    const project = async (templates: TemplateMatrix) => normaliseRows(templates)
    return {
      ...common(gallery, group, space, 'own', project),
      comparedIn: {
        kind: 'own',
        model: space.model,
        whitening: null,
        normalisation: 'none',
        dimension: space.dimension
      },
      map: undefined,
      calibration,
      calibrated: true,
      projectProbes: async ([templates]) => await project(templates!)
    }
  }

  /** How templates that a map has translated are compared with native ones. */
  function calibrationAfter (map: StoredMap): CalibratedBy {
    const calibration = catalogue.calibration(map)
    const { calibration: { crossModel: comparisons }, evaluation: { crossModel: metrics } } = calibration?.result ??
      map.card
    return { map, calibration, comparisons, metrics }
  }

  async function acrossSpaces (
    gallery: OpenGallery,
    group: GalleryGroup,
    probe: KnownSpace,
    space: KnownSpace
  ): Promise<GroupView> {
    const map = bestMap(catalogue, probe, space, usualRate)
    const calibration = catalogue.calibration(map)
    const { comparedIn, calibration: comparisons, metrics } = placeOf(map, calibration)
    const [probeSide, referenceSide] = map.source.fingerprint === probe.fingerprint
      ? ['source', 'target'] as const
      : ['target', 'source'] as const
    const project = await projectionOf({ catalogue, translator }, map, calibration)
    // What was projected about other means is of another space.
    const centred = calibration?.biases === undefined ? '' : ` ${calibration.id}`
    return {
      ...common(
        gallery,
        group,
        space,
        `${map.id} ${referenceSide}${centred}`,
        templates => project(referenceSide, templates),
        comparedIn.dimension
      ),
      comparedIn,
      map,
      calibration: { map, calibration, comparisons, metrics },
      calibrated: group.migration === null,
      projectProbes: async ([templates]) => await project(probeSide, templates!)
    }
  }

  function common (
    { shards }: OpenGallery,
    group: GalleryGroup,
    space: KnownSpace,
    projected: string,
    project: (templates: TemplateMatrix) => Promise<TemplateMatrix>,
    dimension = space.dimension
  ): Pick<GroupView, 'group' | 'space' | 'shards'> {
    return {
      group,
      space,
      shards: shards.map((shard, place) =>
        viewOf(shard, { ...group, templates: group.inShards[place]! }, space, projected, project, dimension)
      )
    }
  }

  function viewOf (
    shard: OpenShard,
    group: TemplateGroup,
    space: KnownSpace,
    projected: string,
    project: (templates: TemplateMatrix) => Promise<TemplateMatrix>,
    dimension: number
  ): ShardView {
    const batchOf = async ({ templates, subjects, ordinals }: TemplatePage): Promise<ReferenceBatch> => ({
      vectors: await project(templates),
      subjects,
      ordinals
    })
    async function* referencesAfter (position: number) {
      for await (const page of reader.pages(shard, group, space.dimension, position)) yield await batchOf(page)
    }
    const referencesAt = async (ordinals: readonly number[]) =>
      await batchOf(await reader.templatesAt(shard, group, space.dimension, ordinals))
    return {
      shard,
      group,
      referencesAfter,
      referencesAt,
      key: viewKeyPrefix(shard.id) + [group.fingerprint, group.migration?.id ?? 'native', projected].join(' '),
      source: {
        dimension,
        at: referencesAt,
        head: async () => ({ epoch: shard.epoch, position: shard.position, references: group.templates }),
        async *load () {
          yield* referencesAfter(0)
        },
        async *changes (position) {
          const removals = await reader.removals(shard, { position, epoch: shard.epoch })
          const removed = removals.filter(removal => isOfGroup(removal, group))
          if (removed.length > 0) yield { removed: removed.map(({ ordinal }) => ordinal) }
          for await (const added of referencesAfter(position)) yield { added }
        }
      }
    }
  }

  return { open, openFor, spaceOf }
}

export type GroupViews = ReturnType<typeof createGroupViews>
