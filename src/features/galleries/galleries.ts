import type { Logger } from 'pino'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { Problem } from '../../errors.js'
import {
  addCounts,
  nothingEnrolled,
  type Attributes,
  type EnrolledCounts,
  type EnrolledTemplate
} from './store/enrolment.js'
import type { createGalleryRepository, RemovedSubjects } from './store/galleries.js'
import type { createSubjectRepository, EnrolledBatch, SubjectContents } from './store/subjects.js'
import type { Catalogue, KnownSpace } from '../catalogue/index.js'
import type { EmbedLargest, ImageOutcome, LargestFace, MergeImages, QualityLimits } from '../embeddings/index.js'
import { viewKeyPrefix } from './group-views.js'
import type { Indexing } from './indexing.js'
import type { ViewCache } from './search/view-cache.js'
import { unconditional, type Preconditions } from '../../platform/preconditions.js'
import type { Statistics } from '../../platform/database/statistics.js'
import { type Guard, type GuardReport, joinReports } from '../guard/index.js'

/** The result of an enrolment. */
export interface Enrolment extends EnrolledCounts {
  /** on the templates, by their place in the request; null when the guard is off */
  readonly guard: GuardReport<number> | null
}

export interface EnrolledImage {
  /** several are combined into one template of each model */
  readonly image: Uint8Array | readonly Uint8Array[]
  readonly subject: string
  readonly reference: string
  readonly attributes?: Attributes | undefined
  readonly models: readonly string[]
  readonly aligned: boolean
  readonly minQuality?: QualityLimits | undefined
}

/** Galleries: subjects with templates of one or more models, which probes are searched in. */
export function createGalleries (
  repository: ReturnType<typeof createGalleryRepository>,
  subjects: ReturnType<typeof createSubjectRepository>,
  catalogue: Catalogue,
  { embedLargest: embed, mergeImages }: { embedLargest: EmbedLargest, mergeImages: MergeImages },
  guard: Guard,
  indexing: Pick<Indexing, 'drop' | 'erase'>,
  views: Pick<ViewCache, 'forget'>,
  statistics: Pick<Statistics, 'changed'>,
  log: Pick<Logger, 'warn'>
) {
  return {
    create: repository.create,
    list: repository.list,
    get: repository.get,
    subject: subjects.get,
    listSubjects: subjects.list,
    patchSubject: subjects.patch,

    /** See the store; indexes outside of the database are told. */
    async removeSubject (...which: Parameters<typeof subjects.remove>): Promise<number> {
      const removed = await subjects.remove(...which)
      await indexing.erase(which[0])
      return removed
    },

    /** See the store; indexes outside of the database are told. */
    async removeTemplates (...which: Parameters<typeof subjects.removeTemplates>): Promise<RemovedSubjects> {
      const removed = await subjects.removeTemplates(...which)
      await indexing.erase(which[0])
      return removed
    },

    /** @returns how much was removed @throws Problem `gallery-unknown`, `precondition-failed` */
    async remove (id: string, preconditions: Preconditions): Promise<RemovedSubjects> {
      // Index graphs are database objects, which are not deleted with the rows.
      const removed = await repository.remove(id, preconditions, async shards => {
        // What the database refuses now the purger finds: nobody uses an index of a deleted gallery.
        await indexing.drop(shards).catch((error: unknown) => {
          log.warn({ err: error, gallery: id }, 'the indexes of a deleted gallery could not be deleted yet')
        })
        // Frees memory at once here; other replicas no longer search these views and evict them when they need room.
        for (const shard of shards) views.forget(viewKeyPrefix(shard))
      })
      statistics.changed('galleries', removed.templates)
      return removed
    },

    /**
     * Adds templates of one space as they arrive, each batch in whole or not at all. After a refused batch the rest is
     * still read, but not enrolled, so that the client gets the answer and learns of everything that is wrong.
     *
     * @param preconditions on the gallery, evaluated with the first batch
     * @param stored called after each batch with the totals so far
     * @throws Problem `gallery-unknown`, `precondition-failed`, `template-exists`, `template-foreign`, and any problem
     *   of reading the batches; its `enrolled` tells what stays of earlier batches
     */
    async enrol (
      id: string,
      space: KnownSpace,
      batches: AsyncIterable<readonly EnrolledTemplate[]>,
      preconditions: Preconditions,
      stored: (sum: EnrolledCounts) => void
    ): Promise<Enrolment> {
      // Check first: a stream for an unknown gallery should not be read.
      await repository.find(id)
      let sum = nothingEnrolled
      let refusal: Problem | undefined
      let report: GuardReport<number> | null = null
      let first = 0
      try {
        for await (const rows of batches) {
          if (refusal === undefined) refusal = await enrolBatch(rows).catch(problemOf)
        }
      } catch (error) {
        const problem = problemOf(error)
        refusal = refusal === undefined
          ? problem
          : new Problem(refusal.code, refusal.detail, { ...problem.extensions, ...refusal.extensions }, {
            cause: refusal
          })
      } finally {
        statistics.changed('galleries', sum.added)
      }
      if (refusal === undefined) return { ...sum, guard: report }
      throw first === 0
        ? refusal
        : new Problem(
          refusal.code,
          `${refusal.detail}. The first ${first} templates are enrolled; sending them again changes nothing`,
          { ...refusal.extensions, enrolled: sum },
          { cause: refusal }
        )

      async function enrolBatch (rows: readonly EnrolledTemplate[]): Promise<undefined> {
        const found = await guard.inspect([{ space, templates: matrixOf(rows, space) }])
        sum = addCounts(sum, await subjects.enrol(id, [{ space, rows }], first === 0 ? preconditions : unconditional))
        stored(sum)
        if (found !== null) report = joinReports(report, found, first)
        first += rows.length
      }
    },

    /**
     * Replaces a subject: it has exactly these templates afterwards.
     * @throws Problem `gallery-unknown`, `precondition-failed`, `template-exists`, `template-foreign`
     */
    async replaceSubject (
      id: string,
      subject: string,
      attributes: Attributes,
      batches: readonly (EnrolledBatch & { readonly space: KnownSpace })[],
      preconditions: Preconditions
    ): Promise<{ subject: SubjectContents, created: boolean, removed: number }> {
      await guard.inspect(batches.map(({ space, rows }) => ({ space, templates: matrixOf(rows, space) })))
      const replaced = await subjects.replace(id, subject, attributes, batches, preconditions)
      if (replaced.removed > 0) await indexing.erase(id)
      return replaced
    },

    /**
     * Makes a probe from an image, with the gallery's most frequent model if that model can embed.
     * @throws Problem `gallery-unknown`, and any problem of the image
     */
    async probeOf (
      id: string,
      { image, model, aligned, minQuality, signal }: {
        image: Uint8Array
        model?: string | undefined
        aligned: boolean
        minQuality?: QualityLimits | undefined
        signal: AbortSignal
      }
    ): Promise<LargestFace> {
      const { templates } = await repository.get(id)
      const [largest] = templates.sort((a, b) => b.count - a.count)
      const able = largest !== undefined &&
        catalogue.spaces().some(space => space.fingerprint === largest.fingerprint && space.canEmbed)
      const chosen = model ?? (able ? largest.model : undefined)
      return await embed({ image, models: chosen === undefined ? undefined : [chosen], aligned, minQuality, signal })
    },

    /**
     * Embeds the largest face of an image and adds its templates under every model, or none of them; of several images
     * their means.
     * @param preconditions on the gallery
     * @throws Problem `gallery-unknown`, `precondition-failed`, `template-exists`, and any problem of the image
     */
    async enrolImage (
      id: string,
      { image, models, aligned, minQuality, ...row }: EnrolledImage,
      preconditions: Preconditions
    ): Promise<EnrolledCounts & { face: LargestFace, images?: readonly ImageOutcome[] }> {
      await repository.find(id)
      const made = image instanceof Uint8Array
        ? { face: await embed({ image, models, aligned, minQuality }) }
        : await mergeImages({ images: image, models, aligned, minQuality })
      const { face } = made
      return {
        ...made,
        ...await subjects.enrol(
          id,
          face.templates.map(({ space, vector }) => ({
            space,
            rows: [{ ...row, quality: face.detectionScore, vector }]
          })),
          preconditions
        )
      }
    }
  }
}

/** (n, d), row-major */
function matrixOf (rows: readonly EnrolledTemplate[], { dimension }: KnownSpace): TemplateMatrix {
  const data = new Float32Array(rows.length * dimension)
  rows.forEach(({ vector }, row) => data.set(vector, row * dimension))
  return { rows: rows.length, cols: dimension, data }
}

/** @throws any error that is not a Problem: it says nothing about the request */
function problemOf (error: unknown): Problem {
  if (error instanceof Problem) return error
  throw error
}
