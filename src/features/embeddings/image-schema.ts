import { Type } from 'typebox'
import { examples } from '../../platform/http/documented-examples.js'
import { imageTypes } from '../../platform/http/media-types.js'
import { closed } from '../../platform/http/schemas/component.js'

/**
 * Non-empty, by a pattern: validators count the characters of a text one by one to check its length, and photographs
 * have millions.
 */
export const Base64Image = (description: string) =>
  Type.String({
    pattern: '^[\\s\\S]',
    description:
      `${description} Base64 (RFC 4648, section 4, padded) of JPEG, PNG, WebP, AVIF, TIFF or GIF, its lines folded or not, or a data URI with it.`
  })

/** The three ways to send one image: base64 in JSON, a form, or its bytes. */
export const imageBody = {
  content: {
    'application/json': {
      schema: Type.Object({ image: Base64Image('The image.') }, { ...closed, examples: [{ image: examples.face }] })
    },
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['image'],
        properties: { image: { type: 'string', format: 'binary', description: 'The file of the image.' } }
      }
    },
    ...Object.fromEntries(
      [...imageTypes, 'application/octet-stream'].map(type => [type, { schema: { type: 'string', format: 'binary' } }])
    )
  }
}
