import { Problem } from '../../errors.js'
import { recordSpans, traced } from '../../platform/tracing/spans.js'
import type { EmbedResult, Face, Recognition } from '../../engines/recognition/recognition.js'
import type { Admission } from '../../platform/http/admission.js'
import type { Catalogue, KnownSpace } from '../catalogue/index.js'
import { lowQuality, shortfalls, type ConfiguredQuality, type QualityLimits, type Shortfall } from './min-quality.js'

export interface EmbeddingRequest {
  readonly image: Uint8Array
  /** ids of the models; the default model when absent */
  readonly models?: readonly string[] | undefined
  readonly faces: 'largest' | 'all'
  /** the image is a crop, aligned as ArcFace does */
  readonly aligned: boolean
  /** limits of the caller: a face beyond one of them is refused */
  readonly minQuality?: QualityLimits | undefined
  /** whether faces beyond the configured limits are named only, whatever the configuration does with them */
  readonly flagOnly?: boolean
  /** of the caller, where nothing but the response needs the templates */
  readonly signal?: AbortSignal | undefined
}

export interface EmbeddedFace extends Omit<Face, 'templates'> {
  /** measures beyond the configured limits */
  readonly shortfalls: readonly Shortfall[]
  /** raw output of each requested model, in the order of the request */
  readonly templates: readonly { readonly space: KnownSpace, readonly vector: Float32Array }[]
}

export interface Embedding extends Omit<EmbedResult, 'faces' | 'stages'> {
  readonly faces: readonly EmbeddedFace[]
  /** how many were left out because their quality is beyond a limit */
  readonly facesRefused: number
}

/**
 * Embeds images. Faces whose quality is beyond a limit are left out. A face lacks the templates that its models could
 * not make; those of the other models are as good as ever.
 *
 * @param beforeUse called with the models of each image before it is embedded
 * @throws Problem `model-unknown`, `model-cannot-embed`, `overloaded`, `quality-low` when every face is beyond a limit,
 *   `template-missing` when no face has any template, and the problems of the image
 */
export function createEmbedding (
  recognition: Recognition,
  catalogue: Catalogue,
  admission: Admission,
  defaultModel: string,
  configured: ConfiguredQuality,
  beforeUse: (models: readonly string[]) => Promise<void>
) {
  return async function embed (request: EmbeddingRequest): Promise<Embedding> {
    const models = [...new Set(request.models ?? [defaultModel])]
    const spaces = new Map(models.map(model => [model, embeddingSpace(catalogue, model)]))
    const admitted = admission.enter()
    const { image, faces: wanted, aligned, signal } = request
    const result = await beforeUse(models).then(() =>
      traced('image', async () => {
        const { stages, ...embedded } = await recognition.embed({ image, models, faces: wanted, aligned }, signal)
        recordSpans(stages)
        return embedded
      })
    ).finally(admitted.leave)
    const judged = result.faces.map(face => ({ ...face, ...judge(face, request) }))
    const accepted = judged.filter(({ failed }) => failed.length === 0)
    if (accepted.length === 0) throw lowQuality(judged[0]!.failed)
    const faces = accepted.map(({ failed: _, ...face }) => ({
      ...face,
      templates: face.templates.map(({ model, vector }) => ({ space: spaces.get(model)!, vector }))
    }))
    if (faces.every(({ templates }) => templates.length === 0)) throw missingTemplate(faces[0]!)
    return { ...result, faces, facesRefused: judged.length - accepted.length }
  }

  /** What of a face is beyond the configured limits, and what it is refused for. */
  function judge ({ quality }: Face, { minQuality, flagOnly }: EmbeddingRequest) {
    const found = configured.mode === 'off' ? [] : shortfalls(quality, configured.limits)
    const refused = configured.mode === 'refuse' && flagOnly !== true ? found : []
    const asked = shortfalls(quality, minQuality ?? {})
    const isNew = ({ measure }: Shortfall): boolean => !refused.some(other => other.measure === measure)
    return { shortfalls: found, failed: [...refused, ...asked.filter(isNew)] }
  }
}

export type Embed = ReturnType<typeof createEmbedding>

/** How many faces an image has besides the one that was taken, see `Embedding`. */
type FaceCounts = Pick<Embedding, 'facesFound' | 'facesUnclear' | 'facesRefused' | 'facesOmitted' | 'largestOmitted'>

/** The largest face of an image. */
export interface LargestFace extends EmbeddedFace, FaceCounts {}

/**
 * The largest face of an image, with a template of every requested model.
 * @throws Problem `template-missing` when one could not be made, and the problems of `embed`
 */
export type EmbedLargest = (request: Omit<EmbeddingRequest, 'faces'>) => Promise<LargestFace>

export const createLargestEmbedding = (embed: Embed): EmbedLargest => async request => {
  const { faces: [face], facesFound, facesUnclear, facesRefused, facesOmitted, largestOmitted } = await embed({
    ...request,
    faces: 'largest'
  })
  if (face!.unusable.length > 0) throw missingTemplate(face!)
  return { ...face!, facesFound, facesUnclear, facesRefused, facesOmitted, largestOmitted }
}

function missingTemplate ({ unusable }: Pick<EmbeddedFace, 'unusable'>): Problem {
  const what = unusable.map(({ model, defect }) => `of model "${model}": ${defect}`).join('; ')
  return new Problem(
    'template-missing',
    `image: the face shows too little to make a template ${what}. Send another image, or name other models`,
    { models: unusable.map(({ model }) => model) }
  )
}

/** @throws Problem `model-unknown`, `model-cannot-embed` */
export function embeddingSpace (catalogue: Catalogue, model: string): KnownSpace {
  const space = catalogue.space(model)
  if (space.canEmbed) return space
  const able = catalogue.spaces().filter(space => space.canEmbed).map(space => `"${space.model}"`).join(', ')
  throw new Problem(
    'model-cannot-embed',
    `expected a model that can embed images, one of ${able}, received "${model}", which is template-only`
  )
}
