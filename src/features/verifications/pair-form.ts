import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Problem } from '../../errors.js'
import { parseJsonText } from '../../platform/http/bodies/json-text.js'
import { readParts, textOfPart, type FormPart } from '../../platform/http/bodies/request-body.js'
import { closed } from '../../platform/http/schemas/component.js'
import { Fingerprint, Label, VectorForms, type TemplateDocument } from '../../platform/http/schemas/template.js'
import { readMinQuality, type QualityLimits } from '../embeddings/index.js'
import { ModelId } from '../../science/template/space.js'

/** A pair as a form: each of `probe` and `reference` is the file of an image or a template in JSON. */
interface PairForm {
  readonly probe: FormSide
  readonly reference: FormSide
  readonly fmr: number
  readonly minQuality: QualityLimits | undefined
}

export type FormSide =
  | { readonly template: TemplateDocument }
  | { readonly bytes: Buffer, readonly model: string | undefined, readonly aligned: boolean }

/** The form, as the documentation describes it; `readPairForm` reads it. */
export const pairForm = {
  type: 'object',
  required: ['probe', 'reference'],
  properties: {
    probe: {
      type: 'string',
      format: 'binary',
      description: 'The file of an image, or a template in JSON: a file of type `application/json`, or text.'
    },
    reference: { type: 'string', format: 'binary', description: 'Likewise.' },
    fmr: { type: 'number', minimum: 1e-6, maximum: 0.1, default: 1e-3, description: 'See the JSON body.' },
    model: { type: 'string', description: 'The model to embed images with; see the JSON body.' },
    aligned: { type: 'boolean', default: false, description: 'The images are square crops, aligned as ArcFace does.' },
    minQuality: {
      type: 'string',
      description: 'Limits on the quality of the faces, such as `interEyeDistance:40,yaw:0.3`.'
    }
  }
} as const

/** As `TemplateDocument`, which refers to itself by name. */
const template = Compile(Type.Object({
  id: Type.Optional(Label('')),
  model: ModelId,
  fingerprint: Type.Optional(Fingerprint),
  ...VectorForms
}, closed))
const rate = Compile(Type.Number({ minimum: 1e-6, maximum: 0.1 }))

/** @throws Problem `body-invalid` or `request-invalid` naming the part */
export async function readPairForm (request: FastifyRequest): Promise<PairForm> {
  const parts = await readParts(request, ['probe', 'reference'], ['fmr', 'model', 'aligned', 'minQuality'])
  const fmr = parts.fmr === undefined ? 1e-3 : Number(textOfPart(parts.fmr, 'fmr').trim() || NaN)
  if (!rate.Check(fmr)) {
    throw invalid(`fmr: expected a number from 0.000001 to 0.1, received ${quote(textOfPart(parts.fmr!, 'fmr'))}`)
  }
  const model = parts.model === undefined ? undefined : textOfPart(parts.model, 'model')
  const aligned = parts.aligned === undefined ? 'false' : textOfPart(parts.aligned, 'aligned')
  if (aligned !== 'true' && aligned !== 'false') {
    throw invalid(`aligned: expected true or false, received ${quote(aligned)}`)
  }
  const minQuality = parts.minQuality === undefined
    ? undefined
    : readMinQuality(textOfPart(parts.minQuality, 'minQuality'), 'form: minQuality')
  const side = (name: 'probe' | 'reference'): FormSide => {
    const part = parts[name]
    return 'bytes' in part && !/^application\/(.+\+)?json\b/i.test(part.mediaType)
      ? { bytes: part.bytes, model, aligned: aligned === 'true' }
      : { template: readTemplatePart(part, name) }
  }
  return { probe: side('probe'), reference: side('reference'), fmr, minQuality }
}

function readTemplatePart (part: FormPart, name: string): TemplateDocument {
  const value = parseJsonText('bytes' in part ? part.bytes.toString('utf8') : part.text, `form: ${name}`)
  if (template.Check(value)) return value
  const [error] = template.Errors(value)
  throw invalid(
    `${name}: expected the file of an image or a template, but ${error?.instancePath ?? ''} ${
      error?.message ?? 'it is neither'
    }`
  )
}

function quote (text: string): string {
  return JSON.stringify(text.slice(0, 100))
}

function invalid (detail: string): Problem {
  return new Problem('request-invalid', `form: ${detail}`)
}
