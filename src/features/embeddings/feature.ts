import type { Recognition } from '../../engines/recognition/recognition.js'
import type { Admissions } from '../../platform/http/admission.js'
import type { Catalogue } from '../catalogue/index.js'
import { configuredQuality } from './min-quality.js'
import { createEmbedding, createLargestEmbedding } from './embedding.js'

/** @param threads of the recognition */
export function createEmbeddingsFeature (
  { recognition, catalogue, admissions, defaultModel, threads, quality, minQuality }: {
    recognition: Recognition
    catalogue: Catalogue
    admissions: Admissions
    defaultModel: string
    threads: number
    /** what to do with faces beyond the limits of `minQuality` */
    quality: 'off' | 'flag' | 'refuse'
    minQuality: string
  }
) {
  const limits = configuredQuality(minQuality, quality)
  const embed = createEmbedding(
    recognition,
    catalogue,
    admissions.open({ label: 'images', parallel: threads }),
    defaultModel,
    limits
  )
  return { embed, embedLargest: createLargestEmbedding(embed), ready: recognition.ready }
}
