/** What other features use of embeddings. */
export type { EmbedLargest, LargestFace } from './embedding.js'
export { takenFaceDocument, TakenFaceDocument } from './face-schema.js'
export { MinQuality, MinQualityText, readMinQuality, type QualityLimits } from './min-quality.js'
export { Combine, severalDocument, SeveralDocument } from './several-schema.js'
export type { ImageOutcome, MergeImages } from './several-images.js'
export { Base64Image, imagesBody } from './image-schema.js'
