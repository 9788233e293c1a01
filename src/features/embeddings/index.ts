/** What other features use of embeddings. */
export type { EmbeddedFace, EmbedLargest, LargestFace } from './embedding.js'
export { faceDocument, FaceDocument, takenFaceDocument, TakenFaceDocument } from './face-schema.js'
export { MinQuality, MinQualityText, readMinQuality, type QualityLimits } from './min-quality.js'
export { Base64Image, imageBody } from './image-schema.js'
