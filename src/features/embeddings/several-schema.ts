import { Type, type Static } from 'typebox'
import { maxSeveral } from '../../science/template/robust-mean.js'
import { closed, Enumeration } from '../../platform/http/schemas/component.js'
import { takenFaceDocument, TakenFaceDocument } from './face-schema.js'
import type { ImageOutcome } from './several-images.js'

/** The option of a request with several images of one person. */
export const Combine = Type.Optional(
  Enumeration(['mean'], {
    description:
      `Makes one template of each model of up to ${maxSeveral} images, the files of a form that are all named \`image\`: the mean ` +
      'of their directions, weighted by quality. Images that do not match the others are left out, and so are images without a ' +
      'face. More than half of those with a face have to match one another.'
  })
)

export const SeveralDocument = Type.Optional(
  Type.Array(
    Type.Object({
      weight: Type.Number({ description: 'Share of the mean; 0 for an image that was left out.' }),
      face: Type.Union([TakenFaceDocument, Type.Null()], {
        description: 'Null when there is none that can be embedded.'
      }),
      omitted: Type.Union([
        Type.Object({
          code: Type.String({ description: 'Code of a problem; `images-differ` when it is of another person.' }),
          detail: Type.String()
        }, closed),
        Type.Null()
      ], { description: 'Why it was left out; null when it was not.' })
    }, closed),
    { description: 'What became of each image, in the order of the request; only with `combine`.' }
  )
)

export function severalDocument (images: readonly ImageOutcome[]): Static<typeof SeveralDocument> {
  return images.map(({ weight, face, omitted }) => ({
    weight,
    face: face && takenFaceDocument(face),
    omitted: omitted && { code: omitted.code, detail: omitted.detail }
  }))
}
