import type { FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { Problem } from '../../../errors.js'
import { readParts, textOfPart, type FormPart } from '../../../platform/http/bodies/request-body.js'
import { readMinQuality } from '../../embeddings/index.js'
import { readAttributes } from './subject-document.js'

/** A search as a form: the file of an image, and each member of the JSON body as a text. */

const texts = [
  'model',
  'aligned',
  'minQuality',
  'candidates',
  'belowThreshold',
  'minScore',
  'fpir',
  'method',
  'efSearch',
  'models',
  'attributes'
] as const
type TextName = typeof texts[number]

const text = (description: string) => ({ type: 'string', description })

/** The form, as the documentation describes it; `readIdentificationForm` reads it. */
export const identificationForm = {
  type: 'object',
  required: ['image'],
  properties: {
    image: {
      type: 'string',
      format: 'binary',
      description: 'The file of the image; its largest face is searched for.'
    },
    model: text('See the JSON body, like the parts after it.'),
    aligned: { type: 'boolean', default: false },
    minQuality: text('Limits on the quality of the face, such as `interEyeDistance:40,yaw:0.3`.'),
    candidates: { type: 'integer', minimum: 1, maximum: 1000, default: 10 },
    belowThreshold: { type: 'boolean', default: true },
    minScore: { type: 'number', minimum: -1, maximum: 1 },
    fpir: { type: 'number', minimum: 1e-6, maximum: 0.5, default: 1e-2 },
    method: { type: 'string', enum: ['auto', 'exact', 'index'], default: 'auto' },
    efSearch: { type: 'integer', minimum: 1, maximum: 1000 },
    models: text('Models to search, separated by commas.'),
    attributes: text('Attributes of the subjects to search, as a JSON object.')
  }
} as const

/**
 * @param properties of the JSON body, by which the texts are checked
 * @returns the bytes of the image, and the other members as the JSON body has them, with their defaults
 * @throws Problem `body-invalid` or `request-invalid` naming the part
 */
export async function readIdentificationForm (
  request: FastifyRequest,
  properties: Readonly<Record<TextName, TSchema>>
): Promise<{ readonly bytes: Buffer, readonly members: Readonly<Partial<Record<TextName, unknown>>> }> {
  const parts = await readParts(request, ['image'], texts)
  if (!('bytes' in parts.image)) {
    throw new Problem('body-invalid', 'form: expected the file of an image in "image", received a text')
  }
  const members: Partial<Record<TextName, unknown>> = {}
  for (const name of texts) {
    const part = parts[name]
    const schema = properties[name]
    const value = part === undefined ? (schema as { default?: unknown }).default : valueOf(name, textOfPart(part, name))
    if (value === undefined) continue
    const [error] = Value.Errors(schema, value)
    if (error !== undefined) throw invalid(`${name}${error.instancePath}: ${error.message}, received ${quote(part)}`)
    members[name] = value
  }
  return { bytes: parts.image.bytes, members }
}

/** The value that a text stands for; a text that stands for none stays one, and is refused by the schema. */
function valueOf (name: TextName, given: string): unknown {
  switch (name) {
    case 'model':
    case 'method':
      return given
    case 'models':
      return given.split(',')
    case 'minQuality':
      return readMinQuality(given, 'form: minQuality')
    case 'attributes':
      return readAttributes(given)
    case 'aligned':
    case 'belowThreshold':
      return given === 'true' ? true : given === 'false' ? false : given
    default:
      return given.trim() === '' || Number.isNaN(Number(given)) ? given : Number(given)
  }
}

function quote (part: FormPart | undefined): string {
  return part !== undefined && 'text' in part ? JSON.stringify(part.text.slice(0, 100)) : 'none'
}

function invalid (detail: string): Problem {
  return new Problem('request-invalid', `form: ${detail}`)
}
