import { Type } from 'typebox'
import { examples } from '../../platform/http/documented-examples.js'
import { imageTypes } from '../../platform/http/media-types.js'
import { maxSeveral } from '../../science/template/robust-mean.js'
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

const file = { type: 'string', format: 'binary' }

/** @param image schema of the form's part of that name */
const bodyOf = (image: object) => ({
  content: {
    'application/json': {
      schema: Type.Object({ image: Base64Image('The image.') }, { ...closed, examples: [{ image: examples.face }] })
    },
    'multipart/form-data': { schema: { type: 'object', required: ['image'], properties: { image } } },
    ...Object.fromEntries(
      [...imageTypes, 'application/octet-stream'].map(type => [type, { schema: file }])
    )
  }
})

/** The three ways to send one image: base64 in JSON, a form, or its bytes. */
export const imageBody = bodyOf({ ...file, description: 'The file of the image.' })

/** One image as above, or a form with several of one person. */
export const imagesBody = bodyOf({
  anyOf: [file, { type: 'array', items: file, minItems: 1, maxItems: maxSeveral }],
  description: `The file of the image; with \`combine\`, up to ${maxSeveral} files of this name.`
})
