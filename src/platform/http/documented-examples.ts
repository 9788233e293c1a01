import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../config.js'
import { base64OfFloat32 } from '../../science/template/float32.js'
import { templateOnlyFingerprint } from '../../science/template/space.js'

/**
 * The data behind the examples of the API documentation, so that each of them succeeds unchanged on a fresh start: two
 * small synthetic spaces, a corpus of synthetic templates in both, a map between them (it ships with the others), and a
 * drawn face. Written by `npm run examples`.
 */
interface Examples {
  /** base64 of a drawing of a face, a WebP image */
  face: string
  /** templates of that drawing by model, base64 of float32 */
  templates: { r512: string, dlib128: string }
  pairs: { sample: string, identity: string, source: { vector: number[] }, target: { vector: number[] } }[]
}

export const examples = JSON.parse(readFileSync(join(projectRoot, 'openapi', 'examples.json'), 'utf8')) as Examples

/** A template of one example space in base64: short enough to read. */
export const exampleData = base64OfFloat32(Float32Array.from(examples.pairs[0]!.source.vector))

/** Two probes of one example space, and three references of the other. */
export const documentedComparison = {
  probes: examples.pairs.slice(0, 2).map(({ target }) => ({ model: 'example-b', vector: target.vector })),
  references: examples.pairs.slice(0, 3).map(({ source }) => ({ model: 'example-a', vector: source.vector }))
}

export const exampleCorpusId = '00000000-0000-4000-8000-0000000000c0'
export const exampleMapId = '00000000-0000-4000-8000-0000000000a0'
/** What the bundle to try imports. */
export const exampleImportedMapId = '00000000-0000-4000-8000-0000000000a4'
export const exampleEvaluationId = '00000000-0000-4000-8000-0000000000e0'
export const exampleEnsembleId = '00000000-0000-4000-8000-0000000000e2'
export const exampleGalleryId = '00000000-0000-4000-8000-0000000000d0'
export const exampleSubject = 'example subject'
export const exampleJobId = '00000000-0000-4000-8000-0000000000f0'
export const exampleCalibrationId = '00000000-0000-4000-8000-0000000000a2'
/** For the examples that delete and retire: nothing else refers to it. */
export const disposableCorpusId = '00000000-0000-4000-8000-0000000000c1'
export const disposableGalleryId = '00000000-0000-4000-8000-0000000000d1'
export const disposableSubject = 'subject to delete'
export const disposableJobId = '00000000-0000-4000-8000-0000000000f1'
export const disposableKeyId = '00000000-0000-4000-8000-0000000000b1'
export const disposableCalibrationId = '00000000-0000-4000-8000-0000000000a3'
export const disposableEnsembleId = '00000000-0000-4000-8000-0000000000e3'
export const disposableMapId = '00000000-0000-4000-8000-0000000000a1'

export const exampleSpaces = [
  { id: 'example-a', title: 'Example space A of the documentation', version: '1', dimension: 4 },
  { id: 'example-b', title: 'Example space B of the documentation', version: '1', dimension: 3 }
].map(space => ({ ...space, fingerprint: templateOnlyFingerprint(space) }))
