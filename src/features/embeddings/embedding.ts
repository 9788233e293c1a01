import { Problem } from '../../errors.js'
import type { EmbedResult, Face, Recognition } from '../../engines/recognition/recognition.js'
import type { Admission } from '../../platform/http/admission.js'
import type { Catalogue, KnownSpace } from '../catalogue/catalogue.js'

export interface EmbeddingRequest {
  readonly image: Uint8Array
  /** ids of the models; the default model when absent */
  readonly models?: readonly string[] | undefined
  readonly faces: 'largest' | 'all'
  /** the image is a crop, aligned as ArcFace does */
  readonly aligned: boolean
  /** of whoever waits for the templates, where nothing else is done with them */
  readonly signal?: AbortSignal | undefined
}

export interface EmbeddedFace extends Omit<Face, 'templates'> {
  /** raw output of each requested model, in the order of the request */
  readonly templates: readonly { readonly space: KnownSpace, readonly vector: Float32Array }[]
}

export interface Embedding extends Omit<EmbedResult, 'faces'> {
  readonly faces: readonly EmbeddedFace[]
}

/**
 * From an image to templates.
 *
 * @throws Problem `model-unknown`, `model-cannot-embed`, `overloaded`, and what the image gives rise to
 */
export function createEmbedding (recognition: Recognition, catalogue: Catalogue, admission: Admission, defaultModel: string) {
  return async function embed (request: EmbeddingRequest): Promise<Embedding> {
    const models = [...new Set(request.models ?? [defaultModel])]
    const spaces = models.map(model => embeddingSpace(catalogue, model))
    const admitted = admission.enter()
    const result = await recognition.embed({ image: request.image, models, faces: request.faces, aligned: request.aligned }, request.signal).finally(admitted.leave)
    return {
      ...result,
      faces: result.faces.map(face => ({
        ...face,
        templates: face.templates.map(({ vector }, i) => ({ space: spaces[i]!, vector }))
      }))
    }
  }
}

export type Embed = ReturnType<typeof createEmbedding>

function embeddingSpace (catalogue: Catalogue, model: string): KnownSpace {
  const space = catalogue.space(model)
  if (space.canEmbed) return space
  const able = catalogue.spaces().filter(space => space.canEmbed).map(space => `"${space.model}"`).join(', ')
  throw new Problem('model-cannot-embed', `expected a model that can embed images, one of ${able}, received "${model}", of which only templates are known`)
}
