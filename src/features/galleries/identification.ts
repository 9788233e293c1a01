import { traced } from '../../platform/tracing/spans.js'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { Problem } from '../../errors.js'
import { openSetRateFor, type Disclosure } from '../../science/scores/disclosure.js'
import {
  logLikelihoodRatioOf,
  openSetThreshold,
  type OpenSetThreshold,
  type ReferenceGroup
} from '../../science/scores/open-set.js'
import type { FoundTemplate, GalleryReader, UnusableTemplate } from './store/contents.js'
import type { Attributes } from './store/enrolment.js'
import type { OpenGallery } from './store/head.js'
import type { Catalogue, KnownSpace } from '../catalogue/index.js'
import { viewKeyPrefix, type GroupView, type GroupViews, type ShardView } from './group-views.js'
import type { IndexSearch } from './index-search.js'
import type { SubjectMatch } from './search/best-subjects.js'
import { EngineAway } from './store/vector-engine.js'
import { isInSet, subjectSet, type SubjectSet } from './search/subject-set.js'
import type { SubjectQuery } from './search/subject-query.js'
import { numberInGallery, numberInShard } from './store/shards.js'
import { isOfGroup, type GalleryGroup } from './store/template-groups.js'
import { createTurns } from '../../platform/turns.js'
import type { ViewCache } from './search/view-cache.js'
import type { WarmUp } from './warm-up.js'

type SearchMethod = 'auto' | 'exact' | 'index'

/** Minimum group size for `auto` to use the index: an exact search of this many templates takes some milliseconds. */
const minIndexed = 50_000

/** Probes of one model, or of several. */
export interface Probes extends ProbeTemplates {
  /** of the same images, in the same order, under other models */
  readonly others?: readonly ProbeTemplates[] | undefined
}

interface ProbeTemplates {
  readonly space: KnownSpace
  /** (n, d) */
  readonly templates: TemplateMatrix
}

export interface IdentificationOptions {
  /** maximum candidates per probe */
  readonly candidates: number
  /** false positive identification rate */
  readonly fpir: number
  /** of the references; all of the gallery when absent */
  readonly models?: readonly string[] | undefined
  /** of the subjects; all when absent */
  readonly attributes?: Attributes | undefined
  /** `auto` uses the index where there is one and an exact search would take longer */
  readonly method: SearchMethod
  /** breadth of an index search */
  readonly efSearch?: number | undefined
  /** Checks that the caller may compare the probes' model with those of the gallery; throws when not. */
  readonly admit: (probe: string, references: readonly string[]) => Promise<void>
  /**
   * How much of the scores the caller learns: with less than all of it, no request rate is high enough to reconstruct a
   * template bit by bit.
   */
  readonly disclosure: Disclosure
  /** Which candidates to omit; none when absent. */
  readonly leaveOut?: LeaveOut | undefined
  /** aborted when the answer is no longer needed */
  readonly signal?: AbortSignal | undefined
}

/** Candidates to omit from the answer. */
interface LeaveOut {
  /** those below the threshold */
  readonly belowThreshold: boolean
  /** those that score less */
  readonly belowScore?: number | undefined
}

export interface Candidate extends Omit<FoundTemplate, 'ordinal'> {
  /** from 1 */
  readonly rank: number
  /** index of the reference's group */
  readonly group: number
  readonly score: number
  /** natural-log likelihood ratio; null when the group has no calibration */
  readonly logLikelihoodRatio: number | null
  /** whether it reaches the threshold; null when there is none */
  readonly aboveThreshold: boolean | null
}

/** The templates that were searched and how they were compared with the probes. */
export interface SearchedGroup
  extends Pick<GroupView, 'group' | 'space' | 'comparedIn' | 'map' | 'calibration' | 'ensemble'>
{
  /** number of its templates that were searched */
  readonly references: number
  /** number of its templates left out because they cannot be read */
  readonly unusable: number
  /** whether every template was compared */
  readonly method: 'exact' | 'index'
  /** the lowest score that reaches the threshold */
  readonly threshold: number | null
}

export interface Identification {
  /** of the thresholds; the requested one, or less for a caller that is not told exact scores */
  readonly fpir: number
  readonly threshold: OpenSetThreshold
  readonly groups: readonly SearchedGroup[]
  /** per probe, best first */
  readonly candidates: readonly (readonly Candidate[])[]
}

/** Maximum attempts at a search while the gallery is migrated or altered from outside. */
const maxAttempts = 5

/** What searches read of the store. */
interface IdentificationStore {
  readonly reader: GalleryReader
  /** the groups of a gallery and how many templates each has */
  groups(gallery: OpenGallery): Promise<readonly GalleryGroup[]>
}

/**
 * Searches galleries for the subjects that probes may belong to.
 *
 * Each group of the gallery, templates of one space and provenance, is searched in the comparison space of the probes'
 * model and its own. Scores within one group are ordered as they are, scores of several groups by their log-likelihood
 * ratios. A subject's score is that of its best reference.
 */
export function createIdentification (
  { reader, groups: groupsOf }: IdentificationStore,
  views: GroupViews,
  cache: ViewCache,
  searchIndex: IndexSearch,
  warmUp: Pick<WarmUp, 'note'>,
  { confirm }: Pick<Catalogue, 'confirm'>
) {
  /**
   * @throws Problem `gallery-unknown`; `map-retired` when the map is retired meanwhile; `map-missing` when a group
   *   cannot be compared with the probes; `calibration-missing` when several groups cannot be compared with one another
   */
  async function identify (id: string, probes: Probes, options: IdentificationOptions): Promise<Identification> {
    for (let attempt = 1;; attempt++) {
      const gallery = await reader.open(id)
      warmUp.note({ gallery: id, fingerprint: probes.space.fingerprint })
      const found = await traced('search', () => search(gallery, probes, options)).catch(async (error: unknown) => {
        if (!await isOutdated(gallery) || error instanceof Problem) throw error
        return undefined
      })
      // A migration committed during the search removes templates before they are read.
      if (found !== undefined && !await isOutdated(gallery)) {
        // The calibration of a map that translated committed templates stays valid even when the map is no longer
        // active.
        confirm(
          found.groups.flatMap(({ group, map, calibration }) =>
            group.migration?.map === calibration?.map.id ? [map] : [map, calibration?.map]
          )
        )
        return found
      }
      if (attempt === maxAttempts) {
        throw new Problem('unavailable', 'the gallery changes faster than it can be searched')
      }
    }
  }

  const isOutdated = async ({ id, epoch }: OpenGallery) => (await reader.heads(id)).epoch !== epoch

  /** @returns undefined when templates that it found were altered since they were read */
  async function search (
    gallery: OpenGallery,
    { space, templates, others = [] }: Probes,
    { candidates: best, fpir, models, attributes, method, efSearch, admit, disclosure, leaveOut, signal }:
      IdentificationOptions
  ): Promise<Identification | undefined> {
    const groups = (await groupsOf(gallery)).filter(group =>
      models === undefined || models.some(model => model === views.spaceOf(group)?.model)
    )
    const sides = [{ space, templates }, ...others]
    const modelsOfGroups = groups.map(group => views.spaceOf(group)?.model ?? group.fingerprint)
    for (const side of sides) await admit(side.space.model, modelsOfGroups)
    const spaces = sides.map(side => side.space)
    const opened = await Promise.all(groups.map(async group => await views.openFor(gallery, group, spaces)))
    refuseIncomparable(opened)
    const { allowed, inShards } = await narrow(gallery, groups, attributes)
    const references = inShards.map(counts => counts.reduce((sum, count) => sum + count, 0))
    const rate = openSetRateFor(disclosure, fpir, references.reduce((sum, count) => sum + count, 0))
    const threshold = openSetThreshold(calibratedGroups(opened, references), rate)
    if (leaveOut?.belowThreshold === true && references.some(count => count > 0)) refuseUnsupported(threshold, rate)
    const searched = await Promise.all(
      opened.map(async (view, g) => references[g] === 0 ? undefined : await searchView(view, inShards[g]!))
    )
    const turns = createTurns()
    const merged: (readonly Scored[])[] = []
    const found = new Set<number>()
    for (let probe = 0; probe < templates.rows; probe++) {
      const lists = opened.map((view, g) =>
        searched[g]?.matches[probe]!.map(match => scoreOf(match, g, view, threshold.scores[g] ?? null)) ?? []
      )
      const list = merge(
        leaveOut === undefined ? lists : lists.map(each => each.filter(candidate => !isLeftOut(candidate, leaveOut))),
        best
      )
      for (const { ordinal } of list) found.add(ordinal)
      merged.push(list)
      if (turns.over()) await turns.next()
    }
    const described = await describe(gallery, found)
    const altered = await Promise.all(gallery.shards.map(async shard => await reader.unusable(shard)))
    const displacing = gallery.shards.filter((_, place) =>
      altered[place]!.some(({ ordinal }) => found.has(numberInGallery(ordinal, place, gallery.shards.length)))
    )
    if (displacing.length > 0) {
      // They opened when they were read and displaced other candidates: search again without them.
      for (const { id } of displacing) cache.forget(viewKeyPrefix(id))
      return undefined
    }
    const isSearched = ({ subject }: UnusableTemplate, place: number) =>
      allowed === undefined || isInSet(allowed[place]!.set, subject)
    const unusable = groups.map(group =>
      altered.reduce(
        (sum, templates, place) =>
          sum + templates.filter(template => isOfGroup(template, group) && isSearched(template, place)).length,
        0
      )
    )
    return {
      fpir: rate,
      threshold,
      groups: opened.map(({ group, space, comparedIn, map, calibration, ensemble }, g) => ({
        group,
        space,
        comparedIn,
        map,
        calibration,
        ensemble,
        references: references[g]! - unusable[g]!,
        unusable: unusable[g]!,
        method: searched[g]?.method ?? 'exact',
        threshold: threshold.scores[g] ?? null
      })),
      candidates: await candidatesOf(merged, described)
    }

    /** @param counts templates to search in each shard, by place */
    async function searchView (view: GroupView, counts: readonly number[]): Promise<SearchedView> {
      const query = { probes: await view.projectProbes(sides.map(side => side.templates)), best, signal }
      const searched = await Promise.all(
        view.shards.map(async (part, place) =>
          counts[place] === 0 ? undefined : await searchShard(view, part, place, query)
        )
      )
      return {
        method: searched.some(part => part?.method === 'index') ? 'index' : 'exact',
        matches: await joinMatches(searched.map(part => part?.matches), templates.rows, best)
      }
    }

    async function searchShard (
      view: GroupView,
      part: ShardView,
      place: number,
      query: SubjectQuery
    ): Promise<SearchedView> {
      // Where the gallery is not in memory yet, a ready index answers at once.
      const wanted = view.group.templates >= minIndexed || !cache.holds(part.key)
      if (method === 'index' || (method === 'auto' && wanted)) {
        const matches = await searchIndex(view, part, query, { efSearch, subjects: allowed?.[place]!.numbers }).catch(
          (error: unknown) => {
            if (method === 'index' || !(error instanceof EngineAway)) throw error
            return undefined
          }
        )
        if (matches !== undefined) return { method: 'index', matches }
        if (method === 'index') {
          throw new Problem(
            'index-unavailable',
            `expected a ready index of the templates of model "${view.space.model}" for probes of model "${space.model}", found none: ` +
              `create one with PUT /v1/galleries/${gallery.id}/indexes/${space.model}, or search exactly`
          )
        }
      }
      return {
        method: 'exact',
        matches: await cache.search(part.key, part.source, {
          ...query,
          ...(allowed === undefined ? {} : { allowed: allowed[place]!.set })
        })
      }
    }
  }

  /** @returns the subjects to search, when not all, and how many templates of each group, both by place of the shard */
  async function narrow (
    gallery: OpenGallery,
    groups: readonly GalleryGroup[],
    attributes: Attributes | undefined
  ): Promise<{ allowed?: { numbers: readonly number[], set: SubjectSet }[], inShards: (readonly number[])[] }> {
    if (attributes === undefined || Object.keys(attributes).length === 0) {
      return { inShards: groups.map(({ inShards }) => inShards) }
    }
    const parts = await Promise.all(gallery.shards.map(async shard => {
      const numbers = await reader.subjectsWith(shard, attributes)
      return { numbers, counted: await reader.groupsOf(shard, numbers) }
    }))
    return {
      allowed: parts.map(({ numbers }) => ({ numbers, set: subjectSet(numbers) })),
      inShards: groups.map(group =>
        parts.map(({ counted }) => counted.find(template => isOfGroup(template, group))?.templates ?? 0)
      )
    }
  }

  /** @param ordinals unique within the gallery, see `numberInGallery` */
  async function describe (
    { shards }: OpenGallery,
    ordinals: Iterable<number>
  ): Promise<ReadonlyMap<number, FoundTemplate>> {
    const parts: number[][] = shards.map(() => [])
    for (const ordinal of ordinals) {
      const { place, number } = numberInShard(ordinal, shards.length)
      parts[place]!.push(number)
    }
    const described = await Promise.all(parts.map(async (part, place) => await reader.describe(shards[place]!, part)))
    if (described.length === 1) return described[0]!
    return new Map(
      described.flatMap((found, place) =>
        [...found].map(([ordinal, template]) => [numberInGallery(ordinal, place, shards.length), template] as const)
      )
    )
  }

  return identify
}

interface SearchedView {
  readonly method: 'exact' | 'index'
  /** by probe */
  readonly matches: SubjectMatch[][]
}

/**
 * Merges what was found in the shards, which have no subject in common.
 * @param shards by place; undefined for one that was not searched
 * @returns by probe; their numbers are unique within the gallery
 */
async function joinMatches (
  shards: readonly (SubjectMatch[][] | undefined)[],
  probes: number,
  best: number
): Promise<SubjectMatch[][]> {
  if (shards.length === 1) return shards[0]!
  const turns = createTurns()
  const joined: SubjectMatch[][] = []
  for (let probe = 0; probe < probes; probe++) {
    const matches = shards.flatMap((ofShard, place) =>
      ofShard?.[probe]!.map(({ subject, ordinal, score }) => ({
        subject: numberInGallery(subject, place, shards.length),
        ordinal: numberInGallery(ordinal, place, shards.length),
        score
      })) ?? []
    )
    joined.push(matches.sort((a, b) => b.score - a.score || a.ordinal - b.ordinal).slice(0, best))
    if (turns.over()) await turns.next()
  }
  return joined
}

/** What the threshold rests on: nothing unless every group with references has a calibration of such comparisons. */
function calibratedGroups (views: readonly GroupView[], references: readonly number[]): ReferenceGroup[] {
  if (views.some(({ calibrated }, g) => !calibrated && references[g]! > 0)) return []
  return views.flatMap(({ calibration }, g) =>
    calibration === undefined
      ? []
      : [{ calibration: calibration.comparisons, metrics: calibration.metrics, references: references[g]! }]
  )
}

interface Scored extends SubjectMatch {
  readonly group: number
  readonly logLikelihoodRatio: number | null
  readonly aboveThreshold: boolean | null
}

function scoreOf (
  { subject, ordinal, score }: SubjectMatch,
  group: number,
  { calibration }: GroupView,
  threshold: number | null
): Scored {
  return {
    subject,
    ordinal,
    score,
    group,
    logLikelihoodRatio: calibration === undefined ? null : logLikelihoodRatioOf(calibration.comparisons, score),
    aboveThreshold: threshold === null ? null : score >= threshold
  }
}

/** Adds the identity of each candidate; templates removed in the meantime are omitted. */
async function candidatesOf (
  lists: readonly (readonly Scored[])[],
  described: ReadonlyMap<number, FoundTemplate>
): Promise<Candidate[][]> {
  const turns = createTurns()
  const candidates: Candidate[][] = []
  for (const list of lists) {
    const found: Candidate[] = []
    for (const { ordinal, group, score, logLikelihoodRatio, aboveThreshold } of list) {
      const template = described.get(ordinal)
      if (template === undefined) continue
      // Member by member: spreading two objects into one took 0.4 s for 100,000 candidates.
      const { subject, attributes, reference, uncertainty } = template
      found.push({
        rank: found.length + 1,
        subject,
        attributes,
        reference,
        group,
        score,
        logLikelihoodRatio,
        aboveThreshold,
        uncertainty
      })
    }
    candidates.push(found)
    if (turns.over()) await turns.next()
  }
  return candidates
}

const isLeftOut = ({ score, aboveThreshold }: Scored, leaveOut: LeaveOut): boolean =>
  (leaveOut.belowThreshold && aboveThreshold !== true) || score < (leaveOut.belowScore ?? -Infinity)

/** "No threshold" must not be read as "nobody is above it". */
function refuseUnsupported ({ support, lowestFpir }: OpenSetThreshold, fpir: number): void {
  if (support !== 'unsupported') return
  const supported = lowestFpir === null || lowestFpir >= 1
    ? 'that the calibrations support, of which there is none for this many templates'
    : `of at least ${lowestFpir}, which the calibrations support`
  throw new Problem(
    'threshold-unsupported',
    `expected an FPIR ${supported}, received ${fpir}: ` +
      'without a threshold no candidate is above or below it. Search with "belowThreshold": true',
    { lowestFpir }
  )
}

/** Merges several lists, keeping the best entry per subject. */
function merge (lists: readonly (readonly Scored[])[], best: number): readonly Scored[] {
  if (lists.length <= 1) return lists[0] ?? []
  const ordered = lists.flat().sort((a, b) => b.logLikelihoodRatio! - a.logLikelihoodRatio! || a.ordinal - b.ordinal)
  const subjects = new Set<number>()
  return ordered.filter(({ subject }) => !subjects.has(subject) && subjects.add(subject)).slice(0, best)
}

function refuseIncomparable (views: readonly GroupView[]): void {
  if (views.length < 2) return
  const missing = views.filter(({ calibration }) => calibration?.comparisons.likelihoodRatio === undefined)
  if (missing.length === 0) return
  const name = ({ space, group }: GroupView) =>
    `${group.templates} ${group.migration === null ? 'native' : 'translated'} templates of model "${space.model}"`
  throw new Problem(
    'calibration-missing',
    `expected a calibration for each of ${
      views.map(name).join(', ')
    }, so that their scores are comparable, received none for ` +
      `${missing.map(name).join(', ')}. Activate a map from or to that model, or list the models to search in "models"`
  )
}
