import { ModelId } from '../../../science/template/space.js'
import { Type, type Static } from 'typebox'
import { closed, component } from './component.js'
import { either } from './either.js'

const Vector = Type.Array(Type.Number(), { minItems: 1, maxItems: 4096, description: 'The numbers of the vector.' })
/**
 * Without a stated length: validators count the characters of a text one by one, a third of the time of a batch, and
 * the dimension of the model is the better check.
 */
const Data = Type.String({
  description: 'The vector as base64 (RFC 4648, section 4, padded, in one line) of little-endian float32.'
})
export const Fingerprint = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation.'
})
/**
 * Text of 1 to 200 characters, counted in Unicode code points, without U+0000 and without unpaired surrogates, which
 * Postgres cannot store or would store as something else. The same in JSON, on lines and in CSV.
 */
export const Label = (description: string) =>
  Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000\\ud800-\\udfff]*$', description })
/**
 * A label that appears in URLs: clients and proxies drop the segments `.` and `..`, so a resource with such a name
 * could be neither read nor deleted.
 */
export const AddressableLabel = (description: string) =>
  Type.String({ ...Label(description), pattern: '^(?!\\.{1,2}$)[^\\u0000\\ud800-\\udfff]*$' })

/** A vector in one of its two forms. */
export const VectorForms = { vector: Type.Optional(Vector), data: Type.Optional(Data) }
/** Of an object with `VectorForms`. */
export const closedVector = { ...closed, ...either({ needs: ['vector'] }, { needs: ['data'] }) }

export const TemplateDocument = component(
  'Template',
  Type.Object({
    id: Type.Optional(Label('A label chosen by the caller, repeated in the answer.')),
    model: Type.Unsafe<string>({ ...ModelId, description: 'The model to whose space the template belongs.' }),
    fingerprint: Type.Optional(Fingerprint),
    ...VectorForms
  }, {
    ...closedVector,
    description: 'A face template: exactly one of `vector` and `data`. It need not be normalised.'
  })
)
export type TemplateDocument = Static<typeof TemplateDocument>
