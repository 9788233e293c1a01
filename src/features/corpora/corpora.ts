import type { createCorpusRepository } from './store/corpora.js'
import type { TemplateRow } from './store/corpus-templates.js'
import type { KnownSpace } from '../catalogue/index.js'
import type { Preconditions } from '../../platform/preconditions.js'
import type { Statistics } from '../../platform/database/statistics.js'
import type { EmbedLargest, ImageOutcome, LargestFace, MergeImages, QualityLimits } from '../embeddings/index.js'

export interface CorpusImage {
  /** several are combined into one template of each model */
  readonly image: Uint8Array | readonly Uint8Array[]
  readonly sample: string
  readonly identity: string | null
  readonly group?: string | null
  readonly models: readonly string[]
  readonly aligned: boolean
  readonly minQuality?: QualityLimits | undefined
}

/** Training data: templates of the same images under several models, uploaded or embedded here. */
export function createCorpora (
  repository: ReturnType<typeof createCorpusRepository>,
  { embedLargest: embed, mergeImages }: { embedLargest: EmbedLargest, mergeImages: MergeImages },
  statistics: Pick<Statistics, 'changed'>
) {
  return {
    create: repository.create,
    list: repository.list,
    get: repository.get,
    remove: repository.remove,
    removeIdentity: repository.removeIdentity,

    /** @throws Problem `corpus-unknown`, `precondition-failed`, `template-exists` */
    async addTemplates (
      id: string,
      space: KnownSpace,
      rows: readonly TemplateRow[],
      preconditions: Preconditions
    ): Promise<{ added: number, unchanged: number }> {
      const counts = await repository.addTemplates(id, [{ fingerprint: space.fingerprint, rows }], preconditions)
      statistics.changed('corpora', counts.added)
      return counts
    },

    /**
     * Embeds the largest face of an image and adds its templates under every model, or under none; of several images
     * their means.
     *
     * @throws Problem `corpus-unknown`, `precondition-failed`, `template-exists`, and the problems of the image
     */
    async addImage (
      id: string,
      { image, sample, identity, group, models, aligned, minQuality }: CorpusImage,
      preconditions: Preconditions
    ): Promise<{ face: LargestFace, images?: readonly ImageOutcome[], added: number, unchanged: number }> {
      // Checked first, because embedding takes long.
      await repository.get(id)
      const made = image instanceof Uint8Array
        ? { face: await embed({ image, models, aligned, minQuality }) }
        : await mergeImages({ images: image, models, aligned, minQuality })
      const { face } = made
      const counts = await repository.addTemplates(
        id,
        face.templates.map(({ space, vector }) => ({
          fingerprint: space.fingerprint,
          rows: [{ sample, identity, group: group ?? null, vector }]
        })),
        preconditions
      )
      return { ...made, ...counts }
    }
  }
}
