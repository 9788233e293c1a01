import { nullableNumber } from '../../science/schemas.js'
import { Type, type Static } from 'typebox'
import type { Face } from '../../engines/recognition/recognition.js'
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
