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
import type { FoundTemplate, GalleryReader, TemplateGroup } from './store/contents.js'
import type { Attributes } from './store/enrolment.js'
import type { OpenGallery } from './store/head.js'
import type { Catalogue, KnownSpace } from '../catalogue/index.js'
import { viewKeyPrefix, type GroupView, type GroupViews } from './group-views.js'
import type { IndexSearch } from './index-search.js'
import type { SubjectMatch } from './search/best-subjects.js'
import { EngineAway } from './store/vector-engine.js'
import { isInSet, subjectSet, type SubjectSet } from './search/subject-set.js'
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
  groups(gallery: OpenGallery): Promise<readonly TemplateGroup[]>
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

  const isOutdated = async ({ id, epoch }: OpenGallery) => (await reader.head(id)).epoch !== epoch

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
    const { allowed, references } = await narrow(gallery, groups, attributes)
    const rate = openSetRateFor(disclosure, fpir, references.reduce((sum, count) => sum + count, 0))
    const threshold = openSetThreshold(calibratedGroups(opened, references), rate)
    if (leaveOut?.belowThreshold === true && references.some(count => count > 0)) refuseUnsupported(threshold, rate)
    const searched = await Promise.all(
      opened.map(async (view, g) => references[g] === 0 ? undefined : await searchView(view))
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
    const described = await reader.describe(gallery, [...found])
    const altered = await reader.unusable(gallery)
    if (altered.some(({ ordinal }) => found.has(ordinal))) {
      // They opened when they were read and displaced other candidates: search again without them.
      cache.forget(viewKeyPrefix(gallery.id))
      return undefined
    }
    const unusable = groups.map(group =>
      altered.filter(({ subject, fingerprint, migration }) =>
        fingerprint === group.fingerprint && migration === (group.migration?.id ?? null) &&
        (allowed === undefined || isInSet(allowed.set, subject))
      ).length
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

    async function searchView (view: GroupView): Promise<{ method: 'exact' | 'index', matches: SubjectMatch[][] }> {
      const query = { probes: await view.projectProbes(sides.map(side => side.templates)), best, signal }
      // Where the gallery is not in memory yet, a ready index answers at once.
      const wanted = view.group.templates >= minIndexed || !cache.holds(view.key)
      if (method === 'index' || (method === 'auto' && wanted)) {
        const matches = await searchIndex(gallery, view, query, { efSearch, subjects: allowed?.numbers }).catch(
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
        matches: await cache.search(view.key, view.source, {
          ...query,
          ...(allowed === undefined ? {} : { allowed: allowed.set })
        })
      }
    }
  }

  async function narrow (
    gallery: OpenGallery,
    groups: readonly TemplateGroup[],
    attributes: Attributes | undefined
  ): Promise<{ allowed?: { numbers: readonly number[], set: SubjectSet }, references: number[] }> {
    if (attributes === undefined || Object.keys(attributes).length === 0) {
      return { references: groups.map(({ templates }) => templates) }
    }
    const subjects = await reader.subjectsWith(gallery, attributes)
    const counted = await reader.groupsOf(gallery, subjects)
    return {
      allowed: { numbers: subjects, set: subjectSet(subjects) },
      references: groups.map(({ fingerprint, migration }) =>
        counted.find(group => group.fingerprint === fingerprint && group.migration === (migration?.id ?? null))
          ?.templates ?? 0
      )
    }
  }

  return identify
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
