/** What other features use of embeddings. */
export type { EmbeddedFace, EmbedLargest } from './embedding.js'
export { faceDocument, FaceDocument } from './face-schema.js'
export { Base64Image, imageBody } from './image-schema.js'
