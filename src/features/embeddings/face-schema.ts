import { nullableNumber } from '../../science/schemas.js'
import { Type, type Static } from 'typebox'
import type { EmbeddedFace, LargestFace } from './embedding.js'
import { ShortfallDocument } from './min-quality.js'
import { closed } from '../../platform/http/schemas/component.js'

const Point = Type.Object({ x: Type.Number(), y: Type.Number() }, closed)

const Quality = Type.Object({
  interEyeDistance: Type.Number({ description: 'Distance between the eyes, in pixels of the image.' }),
  sharpness: Type.Number({
    description: 'Variance of the Laplacian of the aligned crop, in squared grey levels; low when blurred.'
  }),
  brightness: Type.Number({ description: 'Mean of the aligned crop, in grey levels from 0 to 255.' }),
  contrast: Type.Number({ description: 'Standard deviation of the aligned crop, in grey levels.' }),
  dynamicRange: Type.Number({
    description: 'Entropy of the levels of the aligned crop, in bits from 0 to 8 (ISO/IEC 29794-5).'
  }),
  underExposed: Type.Number({
    description: 'Share of the aligned crop with a level of at most 25, from 0 to 1 (ISO/IEC 29794-5).'
  }),
  overExposed: Type.Number({
    description: 'Share of the aligned crop with a level of at least 247, from 0 to 1 (ISO/IEC 29794-5).'
  }),
  illuminationUniformity: Type.Number({
    description: 'Intersection of the histograms of both cheeks, from 0 to 1: 1 when lit alike (ISO/IEC 29794-5).'
  }),
  outside: Type.Number({ description: 'Share of the aligned crop that lies outside the image, from 0 to 1.' }),
  roll: nullableNumber(
    'Angle of the line through the eyes, in degrees from -180 to 180, clockwise: near 180 for a face upside down. Null ' +
      'for aligned crops.'
  ),
  yaw: nullableNumber(
    'Offset of the nose along the line of the eyes, in distances between the eyes: 0 when frontal; null for aligned crops.'
  ),
  pitch: nullableNumber(
    'Offset of the nose from half way between eyes and mouth, in distances between these: 0 when frontal, negative when the ' +
      'face looks up; null for aligned crops.'
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
  quality: Quality,
  shortfalls: Type.Array(ShortfallDocument, {
    description: 'Measures beyond the limits of the service (`MIN_QUALITY`); empty when there are none.'
  })
}, closed)

export function faceDocument (
  { box, landmarks, detectionScore, quality, shortfalls }: Omit<EmbeddedFace, 'templates' | 'unusable'>
): Static<typeof FaceDocument> {
  return { box, landmarks: [...landmarks], detectionScore, quality, shortfalls: [...shortfalls] }
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
  facesRefused: Type.Integer({
    description: 'How many of them are not in `faces` because their quality is beyond a limit.'
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
  const { facesFound, facesUnclear, facesRefused, facesOmitted, largestOmitted } = face
  return { ...faceDocument(face), facesFound, facesUnclear, facesRefused, facesOmitted, largestOmitted }
}
