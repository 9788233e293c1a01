import { nullableNumber } from '../../science/schemas.js'
import { Type, type Static } from 'typebox'
import type { Face } from '../../engines/recognition/recognition.js'
import type { LargestFace } from './embedding.js'
import { closed } from '../../platform/http/schemas/component.js'

const Point = Type.Object({ x: Type.Number(), y: Type.Number() }, closed)

const Quality = Type.Object({
  interEyeDistance: Type.Number({ description: 'Distance between the eyes, in pixels of the image.' }),
  sharpness: Type.Number({
    description: 'Variance of the Laplacian of the aligned crop, in squared grey levels; low when blurred.'
  }),
  brightness: Type.Number({ description: 'Mean of the aligned crop, in grey levels from 0 to 255.' }),
  contrast: Type.Number({ description: 'Standard deviation of the aligned crop, in grey levels.' }),
  outside: Type.Number({ description: 'Share of the aligned crop that lies outside the image, from 0 to 1.' }),
  roll: nullableNumber(
    'Angle of the line through the eyes, in degrees from -180 to 180, clockwise: near 180 for a face upside down. Null ' +
      'for aligned crops.'
  ),
  yaw: nullableNumber(
    'Offset of the nose along the line of the eyes, in distances between the eyes: 0 when frontal; null for aligned crops.'
  )
}, { ...closed, description: 'Quality measures, each with its unit. How much each matters depends on the model.' })

/** A face of an image. */
export const FaceDocument = Type.Object({
  box: Type.Object({ x: Type.Number(), y: Type.Number(), width: Type.Number(), height: Type.Number() }, {
    ...closed,
    description: 'Box in pixels of the upright image; x and y are the upper left corner. It may extend beyond the ' +
      'image.'
  }),
  landmarks: Type.Array(Point, {
    minItems: 5,
    maxItems: 5,
    description: 'Left eye, right eye, nose, left and right corner of the mouth, as seen with the face upright.'
  }),
  detectionScore: nullableNumber('Score of the detector, from 0 to 1; null for aligned crops.'),
  quality: Quality
}, closed)

export function faceDocument (
  { box, landmarks, detectionScore, quality }: Omit<Face, 'templates' | 'unusable'>
): Static<typeof FaceDocument> {
  return { box, landmarks: [...landmarks], detectionScore, quality }
}

/** How many faces an image has, and how many of them were not taken. */
export const FaceCountsDocument = Type.Object({
  facesFound: Type.Integer({
    description:
      'Number of faces found in the image. With `faces=largest` the image is searched no further than needed for one.'
  }),
  facesUnclear: Type.Integer({
    description: 'How many of them have no template because eyes, nose and mouth could not be told.'
  }),
  facesOmitted: Type.Integer({
    description: 'How many more are not in `faces`: all others with `faces=largest`, those beyond the 64 largest ' +
      'with `faces=all`.'
  }),
  largestOmitted: nullableNumber(
    'Area of the largest face that is not in `faces`, in areas of the first that is; null when there is none. Near ' +
      '1, the image shows two people as large as one another.'
  )
}, closed)

/** The face of an image that was taken, and how many others there were. */
export const TakenFaceDocument = Type.Object({ ...FaceDocument.properties, ...FaceCountsDocument.properties }, closed)

export function takenFaceDocument (face: LargestFace): Static<typeof TakenFaceDocument> {
  const { facesFound, facesUnclear, facesOmitted, largestOmitted } = face
  return { ...faceDocument(face), facesFound, facesUnclear, facesOmitted, largestOmitted }
}
