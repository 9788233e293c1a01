import type { OnClose } from '../../closers.js'
import type { ModelsFolder } from '../../engines/recognition/models-folder.js'
import { createRecognition } from '../../engines/recognition/recognition.js'
import type { Admissions } from '../../platform/http/admission.js'
import type { Catalogue } from '../catalogue/index.js'
import { configuredQuality } from './min-quality.js'
import { createEmbedding, createLargestEmbedding } from './embedding.js'

/** @param threads worker threads for images */
export async function createEmbeddingsFeature (
  { models, catalogue, admissions, detector, defaultModel, threads, maxPixels, quality, minQuality, onClose }: {
    models: ModelsFolder
    catalogue: Catalogue
    admissions: Admissions
    detector: string
    defaultModel: string
    threads: number
    maxPixels: number
    /** what to do with faces beyond the limits of `minQuality` */
    quality: 'off' | 'flag' | 'refuse'
    minQuality: string
    onClose: OnClose
  }
) {
  const limits = configuredQuality(minQuality, quality)
  const recognition = await createRecognition({ models, detector, threads, maxPixels })
  onClose(() => recognition.close())
  const embed = createEmbedding(
    recognition,
    catalogue,
    admissions.open({ label: 'images', parallel: threads }),
    defaultModel,
    limits
  )
  return { embed, embedLargest: createLargestEmbedding(embed), ready: recognition.ready }
}
